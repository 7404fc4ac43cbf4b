using Hydra.Storage;

namespace Hydra.Engine.Explaining;

/// <summary>What was read of one execution and of what is around it, as close to one moment as reads allow.</summary>
internal sealed record Facts
{
    public required string Namespace { get; init; }

    public required Instant Now { get; init; }

    public required ExecutionRow Row { get; init; }

    public required IReadOnlyList<SessionRow> Sessions { get; init; }

    /// <summary>The last entry of the journal; null where it is not needed.</summary>
    public JournalEntry? LastEntry { get; init; }

    /// <summary>
    /// Tries of its steps; for what runs only the bodies that still do, for what is quarantined those that ran when it
    /// crashed.
    /// </summary>
    public IReadOnlyList<StepTry> Tries { get; init; } = [];

    /// <summary>Of what is blocked or due.</summary>
    public IReadOnlyList<RefusalRow> Refusals { get; init; } = [];

    public IReadOnlyList<CrashRow> Crashes { get; init; } = [];

    /// <summary>Whether the user of the database may not read all of this: what is denied is left out.</summary>
    public bool IsPartial { get; init; }

    /// <summary>What the sessions own, for what is due.</summary>
    public IReadOnlyList<ExecutionRow> Owned { get; init; } = [];

    public IEnumerable<SessionRow> Live => Sessions.Where(session => session.ExpiresAt > Now);

    public IEnumerable<SessionRow> Knowing => Live.Where(session => session.Workflows.Contains(Row.Workflow));

    /// <summary>Those among them that may claim it: a build claims nothing that it has refused.</summary>
    public IEnumerable<SessionRow> Able =>
        Knowing.Where(session => Refusals.All(refusal => refusal.Build != session.Build));
}
