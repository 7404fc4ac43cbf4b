namespace Hydra.Testing;

/// <summary>What a round of maintenance should find; with a small limit only a part of it.</summary>
/// <remarks>The suspects of one dead session are not parted by a limit, so it may be more by them.</remarks>
internal sealed record ExpectedMaintenance(
    int Limit,
    IReadOnlyList<ExecutionId> Released,
    IReadOnlyList<ExecutionId> TimedOut,
    IReadOnlyList<ExecutionId> Unblocked,
    Instant NextExpiry,
    int Suspects)
{
    public void Compare(MaintenanceAnswer answer)
    {
        // What is quarantined past its deadline ends in the same round.
        var timedOut = answer.TimedOut.Except(answer.Quarantined).ToList();
        var changed = answer.Released.Count + answer.TimedOut.Count + answer.Unblocked.Count;
        var whole = changed < Limit;
        var same = Fits(answer.Released, Released, whole)
            && Fits(timedOut, TimedOut, whole)
            && Fits(answer.Unblocked, Unblocked, whole)
            && answer.NextExpiry == NextExpiry
            && changed <= Limit + Math.Max(0, Suspects - 1)
            && answer.More != whole;
        if (!same)
        {
            throw new ModelDifferenceException(
                $"the rows told {Text(Released, TimedOut, Unblocked)} next {NextExpiry}, "
                + $"but the round {Text(answer.Released, answer.TimedOut, answer.Unblocked)} next {answer.NextExpiry} "
                + $"more {answer.More}");
        }
    }

    private static bool Fits(IReadOnlyList<ExecutionId> actual, IReadOnlyList<ExecutionId> expected, bool whole) =>
        actual.Distinct().Count() == actual.Count
        && (whole ? actual.Order().SequenceEqual(expected.Order()) : !actual.Except(expected).Any());

    private static string Text(params IReadOnlyList<ExecutionId>[] lists) =>
        string.Join(" | ", lists.Select(static list => string.Join(' ', list)));
}
