from __future__ import annotations

import gymnasium
import pytest
from gymnasium.wrappers import TimeLimit
from job_toys import Says, Walk

from trainee.errors import InvalidArgument, JobFailed, UnknownJob
from trainee.jobs import GymnasiumJob, HostJaxJob, gymnax_job, make
from trainee.jobs.nearness import near_matches


@pytest.fixture
def module(tmp_path, monkeypatch):
    """Makes a module that can be imported, from its text."""
    monkeypatch.syspath_prepend(tmp_path)
    before = set(gymnasium.registry)

    def write(name, text):
        (tmp_path / f"{name}.py").write_text(text)
        return name

    yield write
    for name in set(gymnasium.registry) - before:
        del gymnasium.registry[name]


def test_an_id_keeps_its_time_limit_and_has_no_passive_checks():
    job = make("CartPole-v1", seed=3)
    assert isinstance(job, GymnasiumJob)
    assert job.name == "CartPole-v1"
    assert isinstance(job.env, TimeLimit)
    assert "PassiveEnvChecker" not in str(job.env)


def test_the_seed_is_that_of_the_first_reset():
    one, same, other = (make("CartPole-v1", seed=seed).reset().observation.numeric.tolist() for seed in (3, 3, 4))
    assert one == same != other


def test_a_module_is_imported_first(module):
    name = module(
        "own_jobs",
        "import gymnasium\nfrom job_toys import Walk\n"
        "gymnasium.register('Stroll-v0', entry_point=Walk, max_episode_steps=5, kwargs={'goal': 4})\n",
    )
    job = make(f"{name}:Stroll-v0")
    assert job.name == "Stroll-v0"
    assert job.env.unwrapped.goal == 4


def test_a_module_that_cannot_be_imported_is_told(module):
    with pytest.raises(UnknownJob, match=r"importing 'nowhere' raised ModuleNotFoundError"):
        make("nowhere:Stroll-v0")
    name = module("broken_jobs", "raise RuntimeError('half done')")
    with pytest.raises(JobFailed, match=r"importing 'broken_jobs' raised RuntimeError\('half done'\)"):
        make(f"{name}:Stroll-v0")


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("CartPol-v1", "did you mean CartPole-v1"),
        ("cartpole-v1", "did you mean CartPole-v1"),
        ("CartPole", "did you mean CartPole-v1"),
        ("MountanCar-v0", "did you mean MountainCar-v0"),
        ("gymnax:CartPol-v1", "did you mean CartPole-v1"),
        ("what is this?", "is no id, which looks like CartPole-v1"),
        ("", "is no id"),
    ],
)
def test_an_unknown_id_is_told_with_near_ones(name, told):
    with pytest.raises(UnknownJob) as fault:
        make(name)
    assert told in str(fault.value)


def test_what_has_no_near_name_is_told_without():
    assert near_matches("Qx", ["CartPole-v1"]) == ""
    assert near_matches("cartpole", ["CartPole-v1", "CartPole-v0"]).startswith("; did you mean CartPole-v")
    assert near_matches("cartpole-v1", ["CartPole-v1"]) == "; did you mean CartPole-v1?"


def test_a_package_that_is_not_installed_is_named(module, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(
        UnknownJob, match=r"'ALE/Pong-v5' comes with ale-py, which is not installed: pip install 'ale-py'"
    ):
        make("ALE/Pong-v5")


def test_what_an_environment_needs_and_is_not_installed_is_named(module):
    name = module(
        "needy_jobs",
        "import gymnasium\n"
        "def made(**how):\n"
        "    raise gymnasium.error.DependencyNotInstalled('run `pip install \"gymnasium[box2d]\"`')\n"
        "gymnasium.register('Needy-v0', entry_point=made)\n",
    )
    with pytest.raises(UnknownJob, match=r"needs is not installed: run `pip install \"gymnasium\[box2d\]\"`"):
        make(f"{name}:Needy-v0")


def test_an_environment_a_class_and_a_function_make_jobs():
    for given in (Walk(), Walk, lambda: TimeLimit(Walk(), 4)):
        job = make(given)
        assert isinstance(job, GymnasiumJob)
        assert isinstance(job.env.unwrapped, Walk)


def test_a_job_stays_as_it_is():
    job = GymnasiumJob(Walk())
    assert make(job) is job
    assert job.env.log == [0]


def test_jax_jobs_go_to_the_host():
    pytest.importorskip("gymnax")
    named = make("gymnax:CartPole-v1")
    assert isinstance(named, HostJaxJob)
    assert named.name == "gymnax:CartPole-v1"
    given = gymnax_job("CartPole-v1")
    assert isinstance(make(given), HostJaxJob)
    assert isinstance(make(given.env), HostJaxJob)


@pytest.mark.parametrize("given", [3, None, lambda: 3, object()])
def test_what_is_no_job_is_refused(given):
    with pytest.raises(InvalidArgument, match="is no job: give an id"):
        make(given)


def test_many_environments_are_no_job():
    with pytest.raises(InvalidArgument, match=r"read it with trainee\.jobs\.VectorJob"):
        make(gymnasium.vector.SyncVectorEnv([Walk]))


def test_an_environment_that_cannot_be_made_is_told():
    with pytest.raises(JobFailed, match="cannot be made: it raised TypeError"):
        make(lambda: Says(colour="red"))


class TestPictures:
    def test_are_given_when_asked_for(self, module):
        name = module("drawn_jobs", "import gymnasium\ngymnasium.register('Drawn-v0', entry_point='job_toys:Walk')\n")
        job = make(f"{name}:Drawn-v0", render=True)
        job.reset()
        assert job.frame().shape == (4, 6, 3)

    def test_are_refused_where_there_are_none(self, module):
        name = module("dark_jobs", "import gymnasium\ngymnasium.register('Dark-v0', entry_point='job_toys:Says')\n")
        with pytest.raises(InvalidArgument, match="Dark-v0 gives no pictures: its render modes are"):
            make(f"{name}:Dark-v0", render=True)
