"""How setflow talks to what is not setflow; every failure comes out as a DeliveryError."""
