"""Jobs: something to do, and how the agent is told of it."""

from trainee.jobs.check import check
from trainee.jobs.contract import JaxJob, Job
from trainee.jobs.coordinates import coordinates_fault
from trainee.jobs.dm_env import DmEnv, DmEnvJob
from trainee.jobs.findings import Finding, Report
from trainee.jobs.gambling import IowaGambling
from trainee.jobs.gymnasium import GymnasiumJob
from trainee.jobs.gymnax import gymnax_job
from trainee.jobs.jax import HostJaxJob, TracedJob
from trainee.jobs.json_codec import JsonCodec
from trainee.jobs.naming import look_up, make
from trainee.jobs.offers import Offers
from trainee.jobs.space_json import from_json, to_json
from trainee.jobs.spaces import Codec
from trainee.jobs.truths import end_flags
from trainee.jobs.value_json import mask_from_json, value_from_json, value_to_json
from trainee.jobs.vector import VectorJob

__all__ = [
    "Codec",
    "DmEnv",
    "DmEnvJob",
    "Finding",
    "GymnasiumJob",
    "HostJaxJob",
    "IowaGambling",
    "JaxJob",
    "Job",
    "JsonCodec",
    "Offers",
    "Report",
    "TracedJob",
    "VectorJob",
    "check",
    "coordinates_fault",
    "end_flags",
    "from_json",
    "gymnax_job",
    "look_up",
    "make",
    "mask_from_json",
    "to_json",
    "value_from_json",
    "value_to_json",
]
