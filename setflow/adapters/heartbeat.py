"""A sign of life to an address outside, which alarms somebody when it stays away.

Such as https://healthchecks.io/docs/http_api/ or an OpsGenie heartbeat: a GET is all they need.
"""

import logging

import certifi
import urllib3

from setflow.errors import DeliveryError

SECONDS = urllib3.Timeout(connect=3.05, read=10.0)


def ping(url: str) -> None:
    """Ask for `url` once. Raises DeliveryError, which never names the address: it is a secret."""
    # Its own lines would hold the address.
    logging.getLogger("urllib3").setLevel(logging.CRITICAL)
    with urllib3.PoolManager(ca_certs=certifi.where()) as pool:
        try:
            status = pool.request("GET", url, timeout=SECONDS, retries=False).status
        except urllib3.exceptions.HTTPError as error:
            raise DeliveryError(f"no answer ({type(error).__name__})", again=True) from None
    if not 200 <= status < 300:
        raise DeliveryError(f"it answers {status}", again=True, status=status)
