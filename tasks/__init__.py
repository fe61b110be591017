"""Celery tasks, one file a use case: decode, session, service, hand off."""
