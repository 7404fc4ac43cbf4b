using Microsoft.Extensions.Time.Testing;

namespace Hydra.Testing;

/// <summary>Draws what sessions ask for, from what is there by then.</summary>
internal sealed class ModelDraw(FakeTimeProvider clock)
{
    private const byte Shard = 7; // Of what has no key.

    private static readonly string[] Workflows = ["order", "refund", "Order"];

    /// <summary>Delays, timeouts and times that pass.</summary>
    public static IReadOnlyList<TimeSpan> Spans { get; } =
    [
        TimeSpan.FromMicroseconds(1), TimeSpan.FromMilliseconds(1), TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(3),
        TimeSpan.FromSeconds(8), TimeSpan.FromSeconds(40), TimeSpan.FromMinutes(3), TimeSpan.FromHours(1),
    ];

    /// <summary>Every execution that anybody has tried to start.</summary>
    public List<ExecutionId> Ids { get; } = [];

    private Instant Now => Instant.From(clock.GetUtcNow());

    public static T Pick<T>(Random random, IReadOnlyList<T> from) => from[random.Next(from.Count)];

    public static ClaimRequest Claim(Random random, ModelSession session)
    {
        var cached = random.Next(4) == 0 ? 0 : -1;
        return new ClaimRequest
        {
            Session = session.Id,
            Workflows = [.. Workflows.Where(_ => random.Next(5) > 0)],
            Limit = random.Next(5) == 0 ? 20 : random.Next(4),
            OldestFirst = random.Next(3) == 0 ? random.Next(3) : 0,
            AcceptSuspect = random.Next(3) > 0,
            Full = random.Next(2) == 0,
            CachedThrough = _ => cached,
        };
    }

    public static MaintenanceRequest Maintain(Random random, ModelSession session, bool mayBeSmall) => new()
    {
        Session = session.Id,
        Build = $"build-{random.Next(3)}",
        QuarantineAfter = 1,
        DeadlineGrace = TimeSpan.FromSeconds(30),
        TimeoutFailure = Make.Failure,
        Limit = mayBeSmall && random.Next(4) == 0 ? random.Next(1, 4) : 500,
    };

    /// <summary>Several operations together.</summary>
    public IEnumerable<StoreOperation> Batch(Random random, ModelSession session)
    {
        ModelAction[] actions =
        [
            ModelAction.Start, ModelAction.Advance, ModelAction.Settle, ModelAction.Cancel, ModelAction.Retry,
        ];
        var touched = new HashSet<ExecutionId>();
        for (var i = random.Next(2, 6); i > 0; i--)
        {
            // Of each execution once: an advance goes on from where the last answer left it.
            foreach (var operation in Operations(Pick(random, actions), random, session))
            {
                if (touched.Add(operation.Id))
                {
                    yield return operation;
                }
            }
        }
    }

    public IEnumerable<StoreOperation> Operations(ModelAction action, Random random, ModelSession session)
    {
        if (action == ModelAction.Start)
        {
            yield return Start(random, session);
        }
        else if (action == ModelAction.Cancel && Ids.Count > 0)
        {
            yield return Make.Cancel(Pick(random, Ids));
        }
        else if (action == ModelAction.Terminate && Ids.Count > 0)
        {
            yield return Make.Terminate(Pick(random, Ids), $"reason {random.Next(2)}");
        }
        else if (action == ModelAction.Retry && Ids.Count > 0)
        {
            yield return Make.RetryNow(Pick(random, Ids), random.Next(1, 1_000));
        }
        else if (action is ModelAction.Advance or ModelAction.Settle && session.Beliefs.Count > 0)
        {
            var belief = session.Beliefs[^random.Next(1, Math.Min(3, session.Beliefs.Count) + 1)];
            yield return ModelOperations.Advance(random, belief, settles: action == ModelAction.Settle, Now);
        }
    }

    /// <summary>A read, of something that is there or is not; counts are not of one moment.</summary>
    public ModelRead Read(Random random, bool ofOneMoment = false)
    {
        var id = Ids.Count > 0 && random.Next(8) > 0 ? Pick(random, Ids) : default;
        var (key, after, limit) = (ModelTexts.Key(random), random.Next(-1, 4), random.Next(5));
        var filter = new ExecutionFilter
        {
            State = random.Next(2) == 0 ? (ExecutionState)random.Next(10) : null,
            Workflow = random.Next(3) == 0 ? Pick(random, Workflows) : null,
            Before = random.Next(2) == 0 ? id : null,
            Limit = random.Next(1, 6),
        };
        return random.Next(ofOneMoment ? 11 : 13) switch
        {
            10 => ModelRead.Of(
                $"ends of {Ids.Count}",
                async (queries, token) => (await queries.FindEndsAsync([.. Ids.TakeLast(1_000)], 40 * limit, token))
                    .OrderBy(static end => end.Id).ToList(),
                ModelRead.Lines<FoundEnd>()),
            11 => ModelRead.Of("count", (queries, token) => queries.CountAsync(1_000, token), ModelRead.Counts),
            12 => ModelRead.Of("now", (queries, token) => queries.NowAsync(token), static now => $"{now}"),
            8 => ModelRead.Of(
                $"origin {id}", (queries, token) => queries.FindOriginAsync(id, token), static origin => $"{origin}"),
            9 => ModelRead.Of(
                $"descendants {id}, {limit + 1}",
                (queries, token) => queries.ListDescendantsAsync(id, null, limit + 1, token),
                ModelRead.Lines<OriginRow>()),
            0 => ModelRead.Of($"find {id}", (queries, token) => queries.FindAsync(id, token), ModelRead.Row),
            1 => ModelRead.Of($"find {key}", (queries, token) => queries.FindByKeyAsync(key, token), ModelRead.Row),
            2 or 3 => ModelRead.Of(
                $"{filter}",
                (queries, token) => queries.ListAsync(filter, token),
                ModelRead.Lines<ExecutionRow>(ModelRead.Row)),
            4 => ModelRead.Of(
                $"journal {id} after {after}, {limit}",
                (queries, token) => queries.ReadJournalAsync(id, after, limit, token),
                ModelRead.Lines<JournalEntry>()),
            5 => ModelRead.Of(
                $"tries {id}", (queries, token) => queries.ReadTriesAsync(id, token), ModelRead.Lines<StepTry>()),
            6 => ModelRead.Of(
                $"crashes {id}", (queries, token) => queries.ReadCrashesAsync(id, token), ModelRead.Lines<CrashRow>()),
            _ => ModelRead.Of(
                "sessions",
                async (queries, token) => (await queries.ListSessionsAsync(token))
                    .OrderBy(static row => (row.Worker, row.Id.Value)).Select(Dump.Session).ToList(),
                ModelRead.Lines<string>()),
        };
    }

    private StartOperation Start(Random random, ModelSession session)
    {
        var milliseconds = clock.GetUtcNow().ToUnixTimeMilliseconds();
        var key = random.Next(3) == 0 ? ModelTexts.Key(random) : null;
        var shard = key is null ? Shard : ExecutionId.ShardOf("tests", key);
        var id = ExecutionId.Create(milliseconds, (ulong)(Ids.Count + 1) << 32, shard);
        var origin = random.Next(4) == 0 ? Origin(random) : null;
        Ids.Add(id);
        var start = Make.Start(id, key, $"{random.Next(3) / 2}");
        return start with
        {
            Workflow = Workflows[random.Next(5) % Workflows.Length],
            Priority = (ExecutionPriority)random.Next(4),
            Delay = random.Next(4) == 0 ? Pick(random, Spans) : TimeSpan.Zero,
            DueAt = random.Next(10) == 0 ? Instant.Never : null,
            Timeout = random.Next(3) == 0 ? Pick(random, Spans) : null,
            Owner = random.Next(4) == 0 && origin?.Kind != OriginKind.Fork ? session.Id : SessionId.None,
            Origin = origin,
            Prefix = origin?.Kind == OriginKind.Fork ? Prefix(random) : [],
        };
    }

    private Origin Origin(Random random) => random.Next(Ids.Count > 0 ? 3 : 1) switch
    {
        0 => Hydra.Storage.Origin.OfSchedule(ModelTexts.Name(random), Now),
        1 => Hydra.Storage.Origin.OfRerun(Pick(random, Ids)),
        _ => Hydra.Storage.Origin.OfFork(
            Pick(random, Ids), ModelTexts.Name(random), random.Next(4), (ForkEdits)random.Next(4)),
    };

    /// <summary>What a fork begins with, of the epoch in which nobody owns it.</summary>
    private List<JournalEntry> Prefix(Random random) =>
    [
        .. Enumerable.Range(1, random.Next(3)).Select(seq => new JournalEntry
        {
            Seq = seq,
            Kind = EntryKind.Step,
            Key = $"charge#{seq}",
            Output = Make.Text("\"copied\""),
            At = Now,
            StartedAt = Now,
            Attempt = 1,
            Epoch = 0,
        }),
    ];
}
