using Hydra.Memory;
using Hydra.Storage;

namespace Hydra.Simulation.Worlds;

/// <summary>Makes the store misbehave, for the bugs that are a store's.</summary>
internal static class Planting
{
    /// <summary>Commits without a fence: every advance is taken for one of the present owner.</summary>
    public static CommitAnswer CommitUnfenced(
        NamespaceTables tables, CommitBatch batch, Func<CommitBatch, CommitAnswer> commit)
    {
        var answers = new List<OperationAnswer>();
        Instant now = default;
        foreach (var operation in batch.Operations)
        {
            var owned = operation is AdvanceOperation advance && tables.Find(advance.Id) is { } execution
                && execution.Row.Owner != SessionId.None
                    ? new CommitBatch(execution.Row.Owner, [advance with { Epoch = execution.Row.Epoch }])
                    : batch with { Operations = [operation] };
            CommitAnswer answer;
            try
            {
                answer = commit(owned);
            }
            catch (StoreException)
            {
                // The seq is taken, or leaves a gap: unique keys still hold without a fence.
                answer = new CommitAnswer(now, [new OperationAnswer { Kind = AnswerKind.Fenced, Id = operation.Id }]);
            }

            now = answer.Now;
            answers.Add(answer.Answers[0]);
        }

        return new CommitAnswer(now, answers);
    }

    /// <summary>Lets every suspension through, as if nothing had been delivered meanwhile.</summary>
    public static CommitBatch WithoutMail(NamespaceTables tables, CommitBatch batch) => batch with
    {
        Operations = batch.Operations.Select(operation =>
            operation is AdvanceOperation { Settlement: Settlement.Suspended suspended } advance
            && tables.Find(advance.Id) is { } execution
                ? advance with { Settlement = suspended with { MailSeen = execution.Row.Mail } }
                : operation).ToList(),
    };

    /// <summary>Answers a claim whose reading of journals has failed, as if they held nothing but the input.</summary>
    public static ClaimAnswer WithoutJournals(ClaimAnswer answer) => answer with
    {
        Executions = answer.Executions.Select(claimed => claimed.Entries.Count > 0 && claimed.Entries[0].Seq == 0
            ? claimed with { Entries = [claimed.Entries[0]], Tried = [] }
            : claimed).ToList(),
    };
}
