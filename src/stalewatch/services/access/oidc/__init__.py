"""Signing in with the provider of the company: OpenID Connect, the code flow with PKCE (security, S5).

provider = Provider(oidc, home="https://stalewatch.acme.com")
attempt = Attempt.fresh("/deals/sf:1", now)          what one browser keeps in a cookie while it is away
provider.away(attempt, now)                          where it is sent
provider.arrived(attempt, answer, now).address       whose verified address came back
"""
