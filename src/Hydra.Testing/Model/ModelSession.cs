namespace Hydra.Testing;

/// <summary>One of the sessions of a random sequence. When it opens anew it has another number.</summary>
internal sealed class ModelSession(int index)
{
    private const int MostBeliefs = 12;

    private int _lives;

    /// <summary>Which of the sessions it is, from 0.</summary>
    public int Index => index;

    public SessionId Id => new((index * 1000L) + _lives + 1);

    public List<ModelBelief> Beliefs { get; } = [];

    public SessionRow Row => new()
    {
        Id = Id,
        Worker = $"worker-{index}",
        Build = $"build-{index % 2}",
        Workflows = index % 3 == 0 ? ["order", "Order"] : ["order", "refund", "Order"],
        HeartbeatInterval = Worker.Interval,
        ClaimTimeout = Worker.ClaimTimeout,
    };

    /// <summary>Takes another number. Its beliefs stay, though they are all wrong now.</summary>
    public void Renew() => _lives++;

    /// <summary>The latest belief stands last. Old ones stay for a while, for the zombie in every worker.</summary>
    public void Believe(ModelBelief belief)
    {
        Beliefs.Add(belief);
        if (Beliefs.Count > MostBeliefs)
        {
            Beliefs.RemoveAt(0);
        }
    }

    /// <summary>Believes what a claim has handed over.</summary>
    public void Believe(ClaimRequest request, ClaimAnswer answer)
    {
        foreach (var claimed in answer.Executions)
        {
            var last = claimed.Entries.Count > 0 ? claimed.Entries[^1].Seq : request.CachedThrough(claimed.Row.Id);
            Believe(new ModelBelief(claimed.Row, last));
        }
    }

    public void Learn(StoreOperation operation, OperationAnswer answer)
    {
        if (operation is StartOperation start && answer.Owned && !Beliefs.Exists(belief => belief.Row.Id == start.Id))
        {
            var row = new ExecutionRow
            {
                Id = start.Id,
                Workflow = start.Workflow,
                State = ExecutionState.Running,
                Epoch = 1,
                CreatedAt = answer.DueAt,
            };
            Believe(new ModelBelief(row, lastSeq: 0));
        }

        if (operation is AdvanceOperation advance && answer.Kind is AnswerKind.Applied or AnswerKind.Continue)
        {
            var belief = Beliefs.Find(belief => belief.Row.Id == advance.Id && belief.Row.Epoch == advance.Epoch);
            if (belief is not null)
            {
                belief.LastSeq = Math.Max(belief.LastSeq, advance.Entries.Count > 0 ? advance.Entries[^1].Seq : 0);
                belief.Mail = answer.Mail;
            }
        }
    }
}
