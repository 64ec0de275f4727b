"""Providers that refuse what their documents and their users' reports say they refuse.

    vendor = VendorModel(VENDORS["kimi"])
    gateway.handler = vendor.answer
    ...
    assert vendor.refused == []

All of them speak chat completions, as a gateway's channel of OpenAI's format does.
"""

from tests.gateway.vendors.model import VendorModel
from tests.gateway.vendors.table import VENDORS, Vendor

__all__ = ["VENDORS", "Vendor", "VendorModel"]
