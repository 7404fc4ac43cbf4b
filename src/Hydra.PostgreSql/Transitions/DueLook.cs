using Hydra.Relational.Claiming;

namespace Hydra.PostgreSql.Transitions;

/// <summary>What a look for due executions has found, each level in the order in which it is due.</summary>
internal sealed class DueLook
{
    public Instant Now { get; set; }

    public bool SessionExists { get; set; }

    public Instant NextDue { get; set; } = Instant.Never;

    public List<(DueLevel Level, DueExecution Execution)> Due { get; } = [];
}
