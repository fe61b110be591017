"""The cache's rule of coherence against a model: whatever overtakes whatever, no answer is older than what was seen."""

from dataclasses import dataclass, field

from hypothesis import example, given
from hypothesis import strategies as st

from gateway.answers import Answer, reply
from gateway.knowledge_cache import KnowledgeCache
from gateway.recent_changes import Key, RecentChanges

NAMES = ("a", "b", "c")


def _cache(entries: int = 100, size: int = 1_000_000) -> KnowledgeCache:
    return KnowledgeCache(entries, size, lambda: 0.0)


def _answer(text: str = "x", *slugs: str) -> Answer:
    return Answer(found=bool(slugs), tail=text.encode(), slugs=slugs)


@dataclass
class Centre:
    """A database with a feed, a broadcast that lags behind it, and lookups that take their time."""

    seq: int = 0
    #: name → slug of the pattern it leads to.
    names: dict[str, str] = field(default_factory=dict)
    versions: dict[str, int] = field(default_factory=dict)
    unsent: list[tuple[int, set[Key]]] = field(default_factory=list)
    #: name → every (seq, content) it has had.
    history: dict[str, list[tuple[int, str]]] = field(default_factory=dict)

    def content(self, name: str) -> str:
        slug = self.names.get(name)
        return f"{slug}@{self.versions[slug]}" if slug else "-"

    def change(self, slug: str, alias: str) -> None:
        """Give the pattern `slug` exactly one alias, and a new version."""
        self.seq += 1
        self.names = {name: owner for name, owner in self.names.items() if owner != slug}
        self.names |= {alias: slug}
        self.versions[slug] = self.seq
        self.unsent.append((self.seq, {("t", slug), ("t", alias)}))
        for name in NAMES:
            self.history.setdefault(name, [(0, "-")]).append((self.seq, self.content(name)))

    def was(self, name: str, seq: int) -> str:
        return [content for at, content in self.history.get(name, [(0, "-")]) if at <= seq][-1]


steps = st.lists(
    st.one_of(
        st.tuples(st.just("change"), st.sampled_from(("s1", "s2")), st.sampled_from(NAMES)),
        st.tuples(st.just("read"), st.sampled_from(NAMES), st.just("")),
        st.tuples(st.just("arrive"), st.integers(0, 5).map(str), st.just("")),
        st.tuples(st.just("send"), st.just(""), st.just("")),
        st.tuples(st.just("lose"), st.just(""), st.just("")),
        st.tuples(st.just("reconnect"), st.just(""), st.just("")),
    ),
    max_size=60,
)


#: The answer of a slow worker comes behind that of a fast one, and the change between them is not broadcast yet.
OVERTAKEN = [
    ("read", "a", ""),
    ("change", "s1", "a"),
    ("read", "b", ""),
    ("arrive", "1", ""),
    ("arrive", "0", ""),
]


@given(steps)
@example(OVERTAKEN)
@example(
    [("change", "s1", "a"), ("change", "s2", "b"), ("read", "c", ""), ("arrive", "0", ""), ("send", "", ""), *OVERTAKEN]
)
def test_a_hit_is_what_the_database_held_at_its_as_of(script: list[tuple[str, str, str]]) -> None:
    cache, centre = _cache(), Centre()
    under_way: list[tuple[str, str, Answer, int, int]] = []
    for step, first, second in script:
        if step == "change":
            centre.change(first, second)
        elif step == "read":
            slug = centre.names.get(first)
            answer = _answer(centre.content(first), *((slug,) if slug else ()))
            under_way.append((first, centre.content(first), answer, centre.seq, cache.generation))
        elif step == "arrive" and under_way:
            name, _, answer, as_of, generation = under_way.pop(int(first) % len(under_way))
            cache.keep(("t", name), answer, epoch="e", as_of=as_of, generation=generation)
        elif step == "send" and centre.unsent:
            seq, touched = centre.unsent.pop(0)
            cache.changed("e", seq, touched)
        elif step == "lose" and centre.unsent:
            # While disconnected: everything that is sent meanwhile is lost.
            cache.reset("disconnected")
            centre.unsent.pop(0)
            cache.reset("reconnected")
        elif step == "reconnect":
            cache.reset("reconnected")
        for name in NAMES:
            hit = cache.get(("t", name))
            if hit is not None:
                assert hit[0].tail.decode() == centre.was(name, hit[1])
                assert cache.head is not None
                assert hit[1] >= cache.head


@given(st.lists(st.tuples(st.sampled_from(NAMES), st.integers(1, 300)), max_size=60))
def test_it_stays_within_its_bounds(kept: list[tuple[str, int]]) -> None:
    cache = _cache(entries=2, size=1_000)
    for name, size in kept:
        cache.keep(("t", name), _answer("x" * size, name), epoch="e", as_of=1, generation=0)
        assert len(cache) <= 2
        assert cache.bytes <= 1_000
    cache.reset("test")
    assert (len(cache), cache.bytes) == (0, 0)


def test_the_least_recently_used_goes_first() -> None:
    cache = _cache(entries=2)
    for name in ("a", "b"):
        cache.keep(("t", name), _answer("x", name), epoch="e", as_of=1, generation=0)
    assert cache.get(("t", "a"))
    cache.keep(("t", "c"), _answer("x", "c"), epoch="e", as_of=1, generation=0)
    assert [bool(cache.get(("t", name))) for name in ("a", "b", "c")] == [True, False, True]


def test_absence_is_believed_for_half_a_minute() -> None:
    now = [0.0]
    cache = KnowledgeCache(10, 10_000, lambda: now[0])
    cache.keep(("t", "a"), _answer("-"), epoch="e", as_of=1, generation=0)
    cache.keep(("t", "b"), _answer("x", "b"), epoch="e", as_of=1, generation=0)
    now[0] = 31.0
    assert cache.get(("t", "a")) is None
    assert cache.get(("t", "b")) is not None


def test_an_answer_of_another_epoch_empties_and_is_not_kept() -> None:
    cache = _cache()
    cache.keep(("t", "a"), _answer("x", "a"), epoch="e1", as_of=1, generation=0)
    assert not cache.keep(("t", "b"), _answer("x", "b"), epoch="e2", as_of=1, generation=0)
    assert len(cache) == 0


def test_what_was_forgotten_still_refuses_old_answers() -> None:
    changes = RecentChanges(seconds=60, limit=2)
    for seq, name in enumerate(NAMES, start=1):
        changes.note(("t", name), seq, now=0)
    assert (changes.last(("t", "a")), changes.last(("t", "c"))) == (0, 3)
    assert [changes.judges(as_of) for as_of in (0, 1)] == [False, True]
    changes.note(("t", "a"), 9, now=100)
    assert (changes.forgotten, changes.last(("t", "c"))) == (3, 0)


def test_a_reply_reads_as_the_protocol_has_it() -> None:
    tail = b',"patterns":[{"slug":"a"}]}'
    assert reply(Answer(True, tail, ("a",)), "cache", "e", 7) == (
        b'{"v":1,"ok":true,"status":"found","source":"cache","epoch":"e","as_of":7,"patterns":[{"slug":"a"}]}'
    )
