"""The faults. Each is a function of (stage, draw) that does it and heals it while the load goes on; it draws all that
is left to chance from `draw`, and returns whether it took place (a process that was to die at a named point may never
have passed it). FAULTS holds them by name, `idle` are those that wait for the load to end first."""

import os
import signal
import time

from stage import COPIES, SESSION_SECONDS

FAIL_POINTS = {
    # point: the most passes that are let go by
    "router.after_poll": 30, "router.after_begin": 30, "router.after_flush": 30, "router.after_send_offsets": 30,
    "router.after_commit": 30, "router.in_restore": 3,
    "sla-timer.after_apply": 30, "sla-timer.after_fire": 15, "sla-timer.after_report": 15,
    "notifier.before_started": 8, "notifier.before_final_dot": 8, "notifier.after_final_dot": 8,
    "notifier.before_sent": 8, "notifier.before_report": 8, "notifier.before_commit": 8,
    "intake.accepted": 10,
}
REBALANCE_POINTS = ("router.in_revoke", "router.before_park")
HIT_SECONDS = 40
FAULTS = {}
idle = set()


def fault(name, waits=False):
    def add(function):
        FAULTS[name] = function
        if waits:
            idle.add(name)
        return function
    return add


def die_at(stage, service, number, point, seconds=HIT_SECONDS):
    """Waits until the process died there; starts it again in any case."""
    end = time.monotonic() + seconds
    while not (hit := stage.died_at(service, number, point)) and time.monotonic() < end:
        if stage.pid(service, number) is None:
            break
        time.sleep(0.1)
    stage.restart(service, number)
    return hit


def at_point(point, most):
    service = point.partition(".")[0]

    def act(stage, draw):
        number, planned = draw.randrange(2), f"{point}:{draw.randint(1, most)}"
        stage.start_armed(service, number, planned)
        return die_at(stage, service, number, planned)
    return act


def at_rebalance(point):
    def act(stage, draw):
        number = draw.randrange(2)
        stage.start_armed("router", number, point)
        stage.ready("router", number)
        time.sleep(draw.uniform(0, 2))
        # A third member makes the others give lanes away.
        stage.start("router", 2)
        hit = die_at(stage, "router", number, point)
        stage.kill("router", 2)
        time.sleep(SESSION_SECONDS)
        return hit
    return act


def killed(service):
    def act(stage, draw):
        for _ in range(2):
            number = 0 if service == "desk" else draw.randrange(2)
            time.sleep(draw.uniform(0, 3))
            stage.kill(service, number)
            time.sleep(draw.choice((0, 0, draw.uniform(0, 5))))
            stage.start(service, number)
            stage.ready(service, number)
        return True
    return act


def frozen(service, seconds):
    def act(stage, draw):
        number = draw.randrange(2)
        stage.signal(service, number, signal.SIGSTOP)
        time.sleep(seconds)
        stage.resume(service, number)
        time.sleep(3)
        return True
    return act


def doubled(service):
    def act(stage, draw):
        with stage.twin(service) as process:
            time.sleep(draw.uniform(8, 15))
            hit = process.poll() is None
        # Who was thrown out waits for longer than a session before it tries again.
        time.sleep(SESSION_SECONDS + 5)
        return hit
    return act


for name, most_passes in FAIL_POINTS.items():
    FAULTS[f"die at {name}"] = at_point(name, most_passes)
for name in REBALANCE_POINTS:
    FAULTS[f"die at {name}"] = at_rebalance(name)
for name in (*COPIES, "desk"):
    FAULTS[f"kill -9 {name}"] = killed(name)
for name in ("router", "sla-timer", "notifier"):
    FAULTS[f"freeze {name} 20 s"] = frozen(name, 20)
    FAULTS[f"freeze {name} 70 s"] = frozen(name, 70)
    FAULTS[f"two {name} with one id"] = doubled(name)


@fault("routers 1, 3, 2")
def scale(stage, draw):
    stage.stop("router", 1)
    time.sleep(SESSION_SECONDS + draw.uniform(0, 3))
    stage.start("router", 1)
    stage.start("router", 2)
    time.sleep(draw.uniform(3, 8))
    stage.stop("router", 2)
    time.sleep(SESSION_SECONDS)
    return True


@fault("rolling restart")
def rolling(stage, draw):
    for service in draw.sample([*COPIES, "desk"], 5):
        for number in (0,) if service == "desk" else (0, 1):
            stage.restart(service, number)
            stage.ready(service, number)
    return True


@fault("kill -9 broker")
def kill_broker(stage, draw):
    stage.script("kafka.sh", "kill-one", 1)
    time.sleep(draw.uniform(0, 8))
    stage.start_kafka()
    time.sleep(3)
    return True


@fault("freeze broker")
def freeze_broker(stage, draw):
    pid = stage.broker_pid()
    os.kill(pid, signal.SIGSTOP)
    try:
        time.sleep(draw.uniform(5, 15))
    finally:
        os.kill(pid, signal.SIGCONT)
    time.sleep(3)
    return True


@fault("kill -9 Redis")
def kill_redis(stage, draw):
    stage.script("redis.sh", "kill")
    time.sleep(draw.uniform(0, 8))
    stage.start_redis()
    return True


@fault("FLUSHALL under load")
def flush_busy(stage, draw):
    for _ in range(3):
        time.sleep(draw.uniform(0, 3))
        stage.wipe_redis()
    return True


@fault("FLUSHALL at rest", waits=True)
def flush_idle(stage, draw):
    time.sleep(draw.uniform(0, 2))
    stage.wipe_redis()
    return True


@fault("Redis from an old snapshot")
def snapshot(stage, draw):
    kept_at = stage.keep_snapshot()
    # Long enough for tickets whose next deadline came since and that nothing but it will touch again.
    time.sleep(draw.uniform(20, 40))
    stage.restore_snapshot(kept_at)
    return True


def slow(part, least, most):
    def act(stage, draw):
        link = stage.links[part]
        link.delay = draw.uniform(least, most)
        time.sleep(12)
        link.delay = 0
        return True
    return act


def cut(part):
    def act(stage, draw):
        for _ in range(12):
            stage.links[part].reset()
            time.sleep(draw.uniform(0, 1.5))
        return True
    return act


# Redis calls give up after 2 s; each piece is delayed on its way there and back.
FAULTS["slow link to Redis"] = slow("REDIS", 0.05, 1.5)
FAULTS["resets on the link to Redis"] = cut("REDIS")
FAULTS["slow link to the relay"] = slow("SMTP", 0.1, 1.5)
FAULTS["resets on the link to the relay"] = cut("SMTP")


@fault("kill -9 relay")
def kill_relay(stage, draw):
    stage.script("inbox.sh", "kill")
    time.sleep(draw.uniform(0, 8))
    stage.start_inbox()
    return True
