namespace Hydra.Testing;

/// <summary>What a claim should find.</summary>
internal sealed record ExpectedClaim(IReadOnlyList<ExecutionId> Ids, Instant NextDue, bool More)
{
    public void Compare(ClaimAnswer answer)
    {
        var ids = answer.Executions.Select(static execution => execution.Row.Id);
        if (!ids.SequenceEqual(Ids) || answer.NextDue != NextDue || answer.More != More)
        {
            throw new ModelDifferenceException(
                $"the rows told {string.Join(' ', Ids)} next {NextDue} more {More}, "
                + $"but the claim {string.Join(' ', ids)} next {answer.NextDue} more {answer.More}");
        }
    }
}
