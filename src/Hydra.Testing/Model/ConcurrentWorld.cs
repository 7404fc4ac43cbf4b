using System.Globalization;
using System.Text;
using Microsoft.Extensions.Time.Testing;

namespace Hydra.Testing;

/// <summary>Sessions on threads of their own that call one database at once, round after round.</summary>
/// <remarks>
/// What is called follows from the commands; how the calls meet does not. After each round there must be an order of
/// its calls, one after the other, in which the model gives the same answers and keeps the same.
/// </remarks>
internal sealed partial class ConcurrentWorld : IConcurrentWorld
{
    private static readonly ModelAction[] FromOutside = [ModelAction.Cancel, ModelAction.Terminate, ModelAction.Retry];

    private readonly FakeTimeProvider _clock;
    private readonly ModelSide _side;
    private readonly ModelDraw _draw;
    private readonly ConcurrentHistory _history;
    private readonly List<ModelSession> _sessions;
    private readonly HashSet<ExecutionId> _started = [];
    private readonly List<CommitBatch> _batches = [];
    private readonly bool _skipsLockedRows;
    private readonly bool _claimsInOneMoment;
    private int _ticks;

    public ConcurrentWorld(FakeTimeProvider clock, ModelSide side, int sessions, bool writesSideBySide)
    {
        (_clock, _side) = (clock, side);
        _draw = new ModelDraw(clock);
        _schedules = new ModelSchedules(_draw);
        _history = new ConcurrentHistory(clock.GetUtcNow());
        _sessions = [.. Enumerable.Range(0, sessions).Select(static index => new ModelSession(index))];
        _skipsLockedRows = side.Store.Capabilities.SkipsLockedRows;
        _claimsInOneMoment = !_skipsLockedRows && !writesSideBySide;
        _playsBeside = sessions == 3;
    }

    private static CancellationToken Token => CaseContext.Token;

    private Instant Now => Instant.From(_clock.GetUtcNow());

    public async Task<(int Round, string Text)?> PlayAsync(IReadOnlyList<ConcurrentCommand> commands)
    {
        var opening = _sessions.Where(session => commands.Any(command => command.Session == session.Index));
        if (await RoundAsync([.. opening.Select(Open)], together: false) is { } broken)
        {
            return (-1, broken);
        }

        foreach (var round in commands.GroupBy(static command => command.Round))
        {
            var together = round.First().IsTogether;
            _clock.Advance(together ? TimeSpan.FromMicroseconds(1) : PauseBefore(round.Key));
            var calls = round.Select(command => together
                ? Together(new Random(command.Seed), _sessions[command.Session])
                : Alone(new Random(command.Seed), _sessions[command.Session])).ToList();
            if (await RoundAsync(calls, together) is { } found)
            {
                return (round.Key, found);
            }
        }

        return null;
    }

    /// <summary>A short one as a rule, which leaves leases alone.</summary>
    private static TimeSpan PauseBefore(int round) =>
        ModelDraw.Pick(new Random(round), ModelDraw.Spans.Take(5).ToList());

    /// <summary>Makes calls, those of different sessions at once, and explains what came of it.</summary>
    private async Task<string?> RoundAsync(List<ConcurrentCall> calls, bool together)
    {
        var works = calls.GroupBy(static call => call.Session)
            .Select(group => (Func<Task>)(() => RunAsync([.. group]))).ToList();
        if (together)
        {
            await Threads.RunAsync(works);
        }
        else
        {
            foreach (var work in works)
            {
                await work();
            }
        }

        var contents = await Dump.StoreAsync(_side.Store, Token);
        var at = _clock.GetUtcNow();
        if (await _history.ExplainAsync(calls, at, contents) is not { } order)
        {
            return Describe(calls, contents);
        }

        _history.Add(order, at);
        foreach (var call in order)
        {
            call.Learn();
        }

        return null;
    }

    private async Task RunAsync(IReadOnlyList<ConcurrentCall> calls)
    {
        foreach (var call in calls)
        {
            await call.RunAsync(_side.Of(call.Session), () => Interlocked.Increment(ref _ticks));
        }
    }

    /// <summary>What is called while nobody else calls: beats, claims and rounds of maintenance above all.</summary>
    private ConcurrentCall Alone(Random random, ModelSession session) => random.Next(8) switch
    {
        _ when _playsBeside && random.Next(3) == 0 => BesideAlone(random, session),
        0 or 1 => Beat(session),
        2 => Maintain(random, session),
        3 or 4 or 5 => Claim(random, session),
        _ => Commit(session, [.. _draw.Operations(ModelAction.Start, random, session)]),
    };

    /// <summary>What is called while others call.</summary>
    /// <remarks>
    /// A claim that skips rows which others hold just then is right, though no order explains what it left out; the
    /// same holds for maintenance and deletion. So is one that looks first and takes then: what others start in between
    /// it leaves to the next, and somebody who sees that start may still see nothing taken. Of claims and maintenance
    /// where other batches go on beside them, a <see cref="CrowdWorld"/> checks what holds.
    /// </remarks>
    private ConcurrentCall Together(Random random, ModelSession session) => random.Next(20) switch
    {
        _ when _playsBeside && random.Next(3) == 0 => Beside(random, session),
        0 => Beat(session),
        1 when _claimsInOneMoment => Maintain(random, session),
        2 or 3 or 4 when _claimsInOneMoment => Claim(random, session),
        5 or 6 => Read(random, session),
        7 when _batches.Count > 0 => Commit(session, _batches[^random.Next(1, Math.Min(5, _batches.Count) + 1)]),
        8 or 9 => Commit(session, [.. _draw.Operations(ModelDraw.Pick(random, FromOutside), random, session)]),
        10 or 11 => Commit(session, [.. _draw.Operations(ModelAction.Advance, random, session)]),
        12 or 13 or 14 => Commit(session, [.. _draw.Operations(ModelAction.Settle, random, session)]),
        15 or 16 or 17 => Commit(session, [.. _draw.Batch(random, session)]),
        _ => Commit(session, [.. _draw.Operations(ModelAction.Start, random, session)]),
    };

    private static ConcurrentCall Open(ModelSession session)
    {
        var row = session.Row;
        return new ConcurrentCall(session, "open", async store =>
            ($"{await store.OpenSessionAsync(row, Token)}", static () => { }
        ));
    }

    private static ConcurrentCall Beat(ModelSession session) => new(session, "beat", async store =>
        (ModelStores.Render(await store.HeartbeatAsync(session.Id, [], Token)), static () => { }
    ));

    /// <summary>Claims all that is due: of what became due at one moment, stores may choose differently.</summary>
    private static ConcurrentCall Claim(Random random, ModelSession session)
    {
        var request = ModelDraw.Claim(random, session) with { Limit = 1000, OldestFirst = 0, AcceptSuspect = false };
        return new ConcurrentCall(session, $"claim {request}", async store =>
        {
            var answer = await store.ClaimAsync(request, Token);
            answer = answer with { Executions = [.. answer.Executions.OrderBy(static one => one.Row.Id)] };
            return (ModelStores.Render(answer), () => session.Believe(request, answer));
        });
    }

    private static ConcurrentCall Maintain(Random random, ModelSession session)
    {
        var request = ModelDraw.Maintain(random, session, mayBeSmall: false);
        return new ConcurrentCall(session, $"maintain {request}", async store =>
            (ModelStores.Render(await store.MaintainAsync(request, Token)), static () => { }
        ));
    }

    private ConcurrentCall Read(Random random, ModelSession session)
    {
        var read = _draw.Read(random, ofOneMoment: true);
        return new ConcurrentCall(session, read.What, async store =>
            (await read.CallAsync(store.Queries, Token), static () => { }
        ));
    }

    private ConcurrentCall Commit(ModelSession session, IReadOnlyList<StoreOperation> operations) =>
        Commit(session, new CommitBatch(session.Id, operations));

    private ConcurrentCall Commit(ModelSession session, CommitBatch batch)
    {
        var started = _started.ToHashSet(); // By then; nobody else commits the same batch in this round.
        return new ConcurrentCall(session, $"commit {string.Join("; ", batch.Operations)}", async store =>
        {
            var answer = await store.CommitAsync(batch, Token);
            return (ModelStores.Render(answer, batch, started), () => Learn(session, batch, answer));
        });
    }

    private void Learn(ModelSession session, CommitBatch batch, CommitAnswer answer)
    {
        _batches.Add(batch);
        foreach (var (operation, one) in batch.Operations.Zip(answer.Answers))
        {
            _started.Add(operation.Id);
            if (session.Id == batch.Session)
            {
                session.Learn(operation, one);
            }
        }
    }

    private string Describe(List<ConcurrentCall> calls, string contents)
    {
        var text = new StringBuilder("After\n");
        foreach (var call in _history.Calls)
        {
            text.Append(CultureInfo.InvariantCulture, $"  {call}\n");
        }

        text.Append("no order of these calls gives these answers\n");
        foreach (var call in calls)
        {
            text.Append(CultureInfo.InvariantCulture, $"  {call}\n");
        }

        text.Append("and this content\n").Append(contents);
        return text.Append("The model came nearest with\n").Append(_history.Furthest).ToString();
    }
}
