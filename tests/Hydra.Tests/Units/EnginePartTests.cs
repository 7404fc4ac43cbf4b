using Hydra.Engine;
using Hydra.Engine.Replay;
using Hydra.Engine.Running;
using Hydra.Engine.Workers;
using Hydra.Storage;
using Microsoft.Extensions.Time.Testing;

namespace Hydra.Tests.Units;

/// <summary>The small parts that loops and rounds are made of.</summary>
public class EnginePartTests
{
    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));

    [Fact]
    public void A_call_table_keeps_calls_in_the_order_of_their_issue_until_they_are_answered()
    {
        var table = new CallTable();
        var calls = Enumerable.Range(0, 4).Select(_ => Issue(table, "charge")).ToList();

        table.Remove(calls[2]);
        table.Remove(calls[0]);
        table.Remove(calls[0]);

        Assert.Equal([calls[1], calls[3]], table.Outstanding);
        Assert.Equal(2, table.Count);
        Assert.Equal(["charge", "charge#2", "charge#3", "charge#4"], calls.Select(call => call.Key));
        Assert.Equal([0, 1, 2, 3], calls.Select(call => call.Ordinal));
        Assert.Null(table.Find("charge"));
        Assert.Same(calls[1], table.Find("charge#2"));
        Assert.True(calls[0].Done && !calls[1].Done);
    }

    [Fact]
    public void Ordinals_begin_anew_with_every_outcome_and_keys_do_not()
    {
        var table = new CallTable();
        Issue(table, "charge");

        table.BeginPosition();
        var next = Issue(table, "charge");

        Assert.Equal((0, "charge#2"), (next.Ordinal, next.Key));
    }

    [Fact]
    public void A_key_is_used_up_by_an_answered_call_too()
    {
        var table = new CallTable();
        var call = new StubCall(table.TakeKey("charge", "own"));
        table.Add(call);

        table.Remove(call);

        Assert.Throws<ArgumentException>(() => table.TakeKey("other", "own"));
    }

    [Fact]
    public void A_call_may_be_removed_while_the_table_is_looked_at()
    {
        var table = new CallTable();
        var calls = Enumerable.Range(0, 3).Select(_ => Issue(table, "charge")).ToList();
        var seen = new List<Call>();

        foreach (var call in table.Outstanding)
        {
            seen.Add(call);
            table.Remove(call);
        }

        Assert.Equal(calls, seen);
        Assert.Empty(table.Outstanding);
    }

    [Fact]
    public void Slots_give_no_more_than_there_are()
    {
        var slots = new Slots(3);

        Assert.Equal((2, 1, 0), (slots.TakeUpTo(2), slots.TakeUpTo(5), slots.TakeUpTo(1)));
        slots.Release(2);

        Assert.Equal((3, 2), (slots.Capacity, slots.Free));
        Assert.Equal((0, 2), (slots.TakeUpTo(0), slots.TakeUpTo(9)));
    }

    [Fact]
    public void Slots_are_never_taken_twice_by_many_threads()
    {
        var slots = new Slots(5);
        var most = 0;
        var held = 0;

        Parallel.For(0, 20_000, _ =>
        {
            var taken = slots.TakeUpTo(2);
            var now = Interlocked.Add(ref held, taken);
            InterlockedMax(ref most, now);
            Interlocked.Add(ref held, -taken);
            slots.Release(taken);
        });

        Assert.InRange(most, 1, 5);
        Assert.Equal(5, slots.Free);
    }

    [Fact]
    public async Task A_signal_that_nobody_waits_for_is_kept_once()
    {
        var signal = new AsyncSignal(_clock);
        signal.Set();
        signal.Set();

        var first = signal.WaitAsync();
        var second = signal.WaitAsync();

        Assert.True(first.IsCompletedSuccessfully);
        Assert.False(second.IsCompleted);
        signal.Set();
        await second;
    }

    [Fact]
    public async Task A_wait_ends_by_time_or_by_a_signal_whichever_is_first()
    {
        var signal = new AsyncSignal(_clock);
        var byTime = signal.WaitAsync(TimeSpan.FromSeconds(5));
        _clock.Advance(TimeSpan.FromSeconds(4));
        Assert.False(byTime.IsCompleted);
        _clock.Advance(TimeSpan.FromSeconds(1));
        await byTime;

        var bySignal = signal.WaitAsync(TimeSpan.FromSeconds(5));
        signal.Set();
        await bySignal;
        _clock.Advance(TimeSpan.FromMinutes(1)); // The timer of a wait that is over must not wake the next one.

        Assert.False(signal.WaitAsync().IsCompleted);
    }

    [Fact]
    public async Task No_signal_is_lost_among_many()
    {
        var signal = new AsyncSignal(_clock);
        var work = 0;
        var done = 0;
        var loop = Task.Run(async () =>
        {
            while (done < 20_000)
            {
                await signal.WaitAsync();
                done += Interlocked.Exchange(ref work, 0);
            }
        });

        Parallel.For(0, 20_000, _ =>
        {
            Interlocked.Increment(ref work);
            signal.Set();
        });

        await loop.WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Equal(20_000, done);
    }

    [Fact]
    public void The_store_s_clock_is_that_of_the_database_plus_the_time_since()
    {
        var clock = new StoreClock(_clock);
        var database = Instant.From(_clock.GetUtcNow().AddHours(3));

        clock.Observe(database, clock.Ask());
        _clock.Advance(TimeSpan.FromSeconds(5));

        Assert.Equal(database.Plus(TimeSpan.FromSeconds(5)), clock.Now);
        Assert.Equal(TimeSpan.FromSeconds(2), clock.Until(database.Plus(TimeSpan.FromSeconds(7))));
        Assert.Equal(TimeSpan.Zero, clock.Until(database));
    }

    [Fact]
    public void The_store_s_clock_never_goes_back()
    {
        var clock = new StoreClock(_clock);
        clock.Observe(Instant.From(_clock.GetUtcNow()), clock.Ask());
        _clock.Advance(TimeSpan.FromSeconds(10));
        var before = clock.Now;

        clock.Observe(Instant.From(_clock.GetUtcNow().AddHours(-1)), clock.Ask());

        Assert.Equal(before, clock.Now);
    }

    [Fact]
    public void A_late_answer_does_not_set_the_store_s_clock_back_and_its_time_goes_on()
    {
        var clock = new StoreClock(_clock);
        clock.Observe(Instant.From(_clock.GetUtcNow()), clock.Ask());
        var (asked, told) = (clock.Ask(), Instant.From(_clock.GetUtcNow()));
        _clock.Advance(TimeSpan.FromSeconds(10));

        clock.Observe(told, asked); // Read at once, heard of ten seconds later.
        var heard = clock.Now;
        _clock.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(told.Plus(TimeSpan.FromSeconds(10)), heard);
        Assert.Equal(told.Plus(TimeSpan.FromSeconds(11)), clock.Now);
    }

    [Fact]
    public void The_answer_of_a_call_that_began_earlier_changes_nothing_of_what_a_later_one_told()
    {
        var clock = new StoreClock(_clock);
        var (asked, told) = (clock.Ask(), Instant.From(_clock.GetUtcNow()));
        _clock.Advance(TimeSpan.FromSeconds(10));
        var later = told.Plus(TimeSpan.FromHours(-1)); // The database's clock was set back meanwhile.
        clock.Observe(later, clock.Ask());

        clock.Observe(told, asked);

        Assert.Equal(later, clock.Now);
    }

    [Fact]
    public void A_database_s_clock_that_was_set_back_is_followed_once_it_has_caught_up()
    {
        var clock = new StoreClock(_clock);
        var start = Instant.From(_clock.GetUtcNow());
        clock.Observe(start.Plus(TimeSpan.FromMinutes(1)), clock.Ask());
        var before = clock.Now;
        var asked = clock.Ask();
        _clock.Advance(TimeSpan.FromSeconds(2));

        clock.Observe(start, asked); // A minute less, read at any moment of two seconds.
        var standing = clock.Now;
        _clock.Advance(TimeSpan.FromSeconds(59));

        Assert.Equal(before, standing);
        Assert.Equal(start.Plus(TimeSpan.FromSeconds(61)), clock.Now);
    }

    [Fact]
    public void A_database_s_clock_that_was_set_forward_is_followed_at_once()
    {
        var clock = new StoreClock(_clock);
        var start = Instant.From(_clock.GetUtcNow());
        clock.Observe(start, clock.Ask());
        var asked = clock.Ask();
        _clock.Advance(TimeSpan.FromSeconds(2));

        clock.Observe(start.Plus(TimeSpan.FromHours(1)), asked);

        Assert.Equal(start.Plus(TimeSpan.FromHours(1)), clock.Now);
    }

    [Fact]
    public void A_wall_clock_that_is_ahead_of_the_database_s_is_forgotten_at_the_first_exchange()
    {
        var clock = new StoreClock(_clock);
        _ = clock.Now;
        var database = Instant.From(_clock.GetUtcNow().AddHours(-1));

        clock.Observe(database, clock.Ask());

        Assert.Equal(database, clock.Now);
    }

    [Fact]
    public void A_wait_for_never_is_a_day()
    {
        var clock = new StoreClock(_clock);

        Assert.Equal(TimeSpan.FromDays(1), clock.Until(Instant.Never));
    }

    [Fact]
    public void What_the_database_does_not_find_due_in_time_is_asked_for_ever_less_often()
    {
        var dueWait = new DueWait(_clock);
        var due = Instant.From(_clock.GetUtcNow());
        var waits = new List<double>();

        for (var i = 0; i < 10; i++)
        {
            var wait = dueWait.Until(due, TimeSpan.Zero);
            waits.Add(wait.TotalMilliseconds);
            _clock.Advance(wait);
        }

        Assert.Equal([1, 2, 4, 8, 16, 32, 64, 128, 250, 250], waits);
        var (later, wait3) = (due.Plus(TimeSpan.FromSeconds(1)), TimeSpan.FromMilliseconds(3));
        Assert.Equal(4, dueWait.Until(later, wait3).TotalMilliseconds);
        Assert.Equal(4, dueWait.Until(later, wait3).TotalMilliseconds); // Told again too early to wonder.
    }

    [Fact]
    public void A_cached_journal_stays_until_it_is_removed_and_the_oldest_go_first()
    {
        var cache = new JournalCache(capacity: 1_000);
        var ids = Enumerable.Range(0, 5).Select(i => ExecutionId.Create(i, (UInt128)i, 0)).ToList();
        ids.ForEach(id => cache.Put(id, [], bytes: 250));

        Assert.Null(cache.Find(ids[0]));
        Assert.All(ids.Skip(1), id => Assert.NotNull(cache.Find(id)));
        cache.Remove(ids[4]);
        Assert.Null(cache.Find(ids[4]));
        cache.Put(ids[0], [], bytes: 250); // Where the removed one was.
        Assert.All(ids.SkipLast(1), id => Assert.NotNull(cache.Find(id)));
        cache.Put(ids[0], [], bytes: 251);
        Assert.Null(cache.Find(ids[0])); // More than a quarter of it all.
    }

    [Fact]
    public void A_journal_that_comes_back_replaces_the_one_that_is_cached()
    {
        var cache = new JournalCache(capacity: 1_000);
        var ids = Enumerable.Range(0, 4).Select(i => ExecutionId.Create(i, (UInt128)i, 0)).ToList();
        ids.ForEach(id => cache.Put(id, [], bytes: 250));
        JournalEntry[] longer = [new() { Seq = 0, Kind = EntryKind.Input, At = new Instant(0), Epoch = 1 }];

        cache.Put(ids[0], longer, bytes: 250);

        Assert.Same(longer, cache.Find(ids[0]));
        Assert.All(ids.Skip(1), id => Assert.NotNull(cache.Find(id))); // It has taken nobody's place but its own.
    }

    private static StubCall Issue(CallTable table, string name)
    {
        var call = new StubCall(table.TakeKey(name, explicitKey: null));
        table.Add(call);
        return call;
    }

    private static void InterlockedMax(ref int most, int value)
    {
        for (var seen = Volatile.Read(ref most); seen < value; seen = Volatile.Read(ref most))
        {
            Interlocked.CompareExchange(ref most, value, seen);
        }
    }

    private sealed class StubCall(string key) : Call(EntryKind.Step, key, default)
    {
        public override bool HasSameInput(Payload recorded) => true;

        public override void Deliver(JournalEntry outcome)
        {
        }

        public override void End(OperationCanceledException reason)
        {
        }
    }
}
