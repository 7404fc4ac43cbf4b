namespace Hydra.Testing;

/// <summary>What a claim should find.</summary>
internal sealed record ExpectedClaim(IReadOnlyList<ExecutionId> Ids, Instant NextDue, bool More)
{
    public void Compare(ClaimAnswer answer) =>
        Compare(answer, answer.Executions.Select(static execution => execution.Row.Id).SequenceEqual(Ids));

    /// <summary>
    /// For a claim of all that is due: of what became due at one moment stores may choose differently what comes first,
    /// and so which suspect is the only one.
    /// </summary>
    public void CompareUnordered(ClaimAnswer answer)
    {
        var plain = answer.Executions.Select(static execution => execution.Row)
            .Where(static row => row.BarrenCrashes < 2).Select(static row => row.Id);
        Compare(answer, answer.Executions.Count == Ids.Count && !plain.Except(Ids).Any());
    }

    private void Compare(ClaimAnswer answer, bool isSame)
    {
        if (!isSame || answer.NextDue != NextDue || answer.More != More)
        {
            var ids = answer.Executions.Select(static execution => execution.Row.Id);
            throw new ModelDifferenceException(
                $"the rows told {string.Join(' ', Ids)} next {NextDue} more {More}, "
                + $"but the claim {string.Join(' ', ids)} next {answer.NextDue} more {answer.More}");
        }
    }
}
