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
            Tries = random.Next(4) == 0 ? [Make.Try(row, $"step-{random.Next(3)}", random.Next(1, 3))] : [],
            Delivered = entries.Exists(static entry => entry.Kind == EntryKind.Cancellation)
                ? ExecutionRequests.Cancel
                : ExecutionRequests.None,
            Settlement = settlement,
        };
    }

    private static JournalEntry Entry(Random random, ModelBelief belief, long seq)
    {
        var kind = random.Next(12) switch
        {
            0 => EntryKind.Cancellation,
            1 => EntryKind.Timeout,
            2 => EntryKind.Sleep,
            _ => EntryKind.Step,
        };
        return Make.Entry(belief.Row, seq, kind) with { Output = Make.Text($"\"{random.Next()}\"") };
    }

    private static Settlement Settle(Random random, ModelBelief belief, long last, Instant now)
    {
        var wait = Waits[random.Next(Waits.Length)];
        var mail = random.Next(5) == 0 ? belief.Mail + 1 : belief.Mail;
        return random.Next(10) switch
        {
            0 or 1 => new Settlement.Finished((ExecutionState)random.Next(6, 10)) { LastSeq = last },
            2 or 3 => new Settlement.Suspended(ExecutionState.Sleeping, now.Plus(wait), mail) { LastSeq = last },
            4 => new Settlement.Suspended(ExecutionState.Waiting, Instant.Never, mail) { LastSeq = last },
            5 or 6 => new Settlement.Retry(wait) { LastSeq = last },
            7 => new Settlement.Refused($"build-{random.Next(3)}", Make.Failure) { LastSeq = last },
            _ => new Settlement.Released { LastSeq = last },
        };
    }
}
