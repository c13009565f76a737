from tests.worlds import _no_waiting, flowing, hub, region, sandbox

__all__ = ["_no_waiting", "flowing", "hub", "region", "sandbox"]
