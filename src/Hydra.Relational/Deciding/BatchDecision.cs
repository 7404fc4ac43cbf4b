namespace Hydra.Relational.Deciding;

/// <summary>Decides a batch in the order of its operations.</summary>
internal static class BatchDecision
{
    public static OperationAnswer[] Decide(CommitBatch batch, TransactionImage image)
    {
        var answers = new OperationAnswer[batch.Operations.Count];
        for (var i = 0; i < answers.Length; i++)
        {
            answers[i] = batch.Operations[i] switch
            {
                AdvanceOperation advance => AdvanceDecision.Decide(advance, batch.Session, image),
                StartOperation start => StartDecision.Decide(start, image),
                CancelOperation cancel => CancelDecision.Decide(cancel, image),
                TerminateOperation terminate => TerminateDecision.Decide(terminate, image),
                RetryOperation retry => RetryDecision.Decide(retry, image),
                var other => throw new StoreException(
                    StoreErrorKind.Deterministic,
                    $"The store does not know {other.GetType().Name}. Use packages of one version."),
            };
        }

        return answers;
    }
}
