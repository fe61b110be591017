"""Process composition: the Celery app, what each process owns (database, NATS, health), and the one-shot migration."""
