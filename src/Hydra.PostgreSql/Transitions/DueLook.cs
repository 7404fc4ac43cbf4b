using Hydra.Relational.Claiming;

namespace Hydra.PostgreSql.Transitions;

/// <summary>What a look for due executions has found, each level in the order in which it is due.</summary>
internal sealed class DueLook
{
    public Instant Now { get; set; }

    /// <summary>What the database's clock told, which may be less than the time that is taken.</summary>
    public Instant Clock { get; set; }

    /// <summary>When the look was sent and when it was answered, as timestamps.</summary>
    public long SentAt { get; init; }

    public long AnsweredAt { get; set; }

    public bool SessionExists { get; set; }

    public Instant NextDue { get; set; } = Instant.Never;

    public List<(DueLevel Level, DueExecution Execution)> Due { get; } = [];
}
