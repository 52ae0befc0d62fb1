"""A simulated OpenID provider: the company's people choose who they are, and the program that asked is told.

with OidcServer(clock, people_of(staff), redirects=["http://127.0.0.1:8080/sign-in/return"]) as provider:
    provider.issuer, provider.client_id, provider.client_secret
"""
