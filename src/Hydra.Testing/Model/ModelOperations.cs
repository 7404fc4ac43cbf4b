namespace Hydra.Testing;

/// <summary>Draws what an owner writes, or who believes to be one.</summary>
internal static class ModelOperations
{
    private static readonly TimeSpan[] Waits =
    [
        TimeSpan.FromSeconds(-1),
        TimeSpan.Zero,
        TimeSpan.FromSeconds(2),
        TimeSpan.FromSeconds(30),
        TimeSpan.FromHours(2),
    ];

    public static AdvanceOperation Advance(Random random, ModelBelief belief, bool settles, Instant now)
    {
        var first = belief.LastSeq + 1 + (random.Next(12) == 0 ? 1 : 0); // Now and then a gap.
        var entries = new List<JournalEntry>();
        for (var count = random.Next(3); entries.Count < count;)
        {
            entries.Add(Entry(random, belief, first + entries.Count));
        }

        var last = entries.Count > 0 ? entries[^1].Seq : belief.LastSeq;
        var settlement = settles ? Settle(random, belief, last, now) : null;
        if (settlement is Settlement.Finished)
        {
            entries.Add(Make.Entry(belief.Row, last + 1, EntryKind.Terminal));
            settlement = settlement with { LastSeq = last + 1 };
        }

        var row = belief.Row;
        return Make.Advance(row, [.. entries]) with
        {
            Tries = random.Next(4) == 0 ? Tries(random, row) : [],
            Delivered = entries.Exists(static entry => entry.Kind == EntryKind.Cancellation)
                ? ExecutionRequests.Cancel
                : ExecutionRequests.None,
            Settlement = settlement,
        };
    }

    /// <summary>Tries of all phases but of what has landed: that is written in transactions of steps.</summary>
    private static List<StepTry> Tries(Random random, ExecutionRow row) =>
    [
        .. Enumerable.Range(0, random.Next(1, 3)).Select(_ => Make.Try(
            row, $"step-{random.Next(3)}", random.Next(1, 4), (TryPhase)random.Next((int)TryPhase.Landed))),
    ];

    private static JournalEntry Entry(Random random, ModelBelief belief, long seq)
    {
        var kind = random.Next(16) switch
        {
            0 => EntryKind.Cancellation,
            1 => EntryKind.Timeout,
            2 => EntryKind.Sleep,
            3 => EntryKind.Foreign,
            4 => EntryKind.AttemptFailed,
            5 => EntryKind.AttemptStarted,
            _ => EntryKind.Step,
        };
        var failed = random.Next(4) == 0;
        return Make.Entry(belief.Row, seq, kind) with
        {
            Key = random.Next(3) == 0 ? ModelTexts.Key(random) : "",
            Failed = failed,
            Output = failed ? Make.Failure : Make.Text($"\"{random.Next()}\""),
            Position = random.Next(3),
            Ordinal = random.Next(3),
            OriginSeq = random.Next(6) == 0 ? random.Next(4) : 0,
        };
    }

    private static Settlement Settle(Random random, ModelBelief belief, long last, Instant now)
    {
        var wait = Waits[random.Next(Waits.Length)];
        var mail = random.Next(5) == 0 ? belief.Mail + 1 : belief.Mail;
        return random.Next(10) switch
        {
            0 or 1 => new Settlement.Finished((ExecutionState)random.Next(6, 10)) { LastSeq = last },
            2 or 3 => new Settlement.Suspended(ExecutionState.Sleeping, now.Plus(wait), mail)
            {
                LastSeq = last,
                WaitsFor = $"sleep#{random.Next(3)}",
            },
            4 => new Settlement.Suspended(ExecutionState.Waiting, Instant.Never, mail)
            {
                LastSeq = last,
                WaitsFor = ModelTexts.Key(random),
            },
            5 or 6 => new Settlement.Retry(wait) { LastSeq = last },
            7 => new Settlement.Refused($"build-{random.Next(3)}", Make.Failure) { LastSeq = last },
            _ => new Settlement.Released { LastSeq = last },
        };
    }
}
