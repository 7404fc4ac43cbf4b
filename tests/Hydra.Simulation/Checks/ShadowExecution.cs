using Hydra.Memory;
using Hydra.Storage;

namespace Hydra.Simulation.Checks;

/// <summary>An execution as it was at the last commit, and what is remembered of all commits before.</summary>
internal sealed class ShadowExecution(StoredExecution stored)
{
    public StoredExecution Stored { get; } = stored;

    public ExecutionId Id => Stored.Id;

    /// <summary>Null before the first sample.</summary>
    public ExecutionRow? Row { get; set; }

    public int Tries { get; set; }

    /// <summary>The states in which it has been.</summary>
    public HashSet<ExecutionState> States { get; } = [];

    public int FailedAttempts { get; set; }

    public bool CancellationDelivered { get; set; }

    /// <summary>Whether the database has refused for good something that was about it.</summary>
    public bool WasRefused { get; set; }

    public bool IsTerminal => Row is { } row && row.State.IsTerminal();

    /// <summary>The entries as they were first seen, by seq.</summary>
    public List<JournalEntry> Entries { get; } = [];

    /// <summary>When each entry was committed, in the order of all that happened.</summary>
    public List<long> CommittedAt { get; } = [];

    /// <summary>Which session owned it under each epoch.</summary>
    public Dictionary<long, SessionId> Owners { get; } = [];

    /// <summary>How often it was claimed since nothing goes wrong any more.</summary>
    public int ClaimsSinceHealing { get; set; }

    /// <summary>How often since then there was a reason to claim it.</summary>
    public int ReasonsSinceHealing { get; set; }

    /// <summary>Under which epoch and when failed tries were committed.</summary>
    public Dictionary<(string Key, int Attempt), (long Epoch, long At)> FailedTries { get; } = [];

    /// <summary>When it became durable that bodies which may begin at most once would.</summary>
    public Dictionary<(string Key, int Attempt, long Epoch), long> BegunOnce { get; } = [];

    /// <summary>When results of transactional steps landed.</summary>
    public Dictionary<string, long> LandedAt { get; } = [];

    public List<BodyRecord> Bodies { get; } = [];

    public List<IssuedCall> Issues { get; } = [];

    /// <summary>How often in a row it looked due although slots were free.</summary>
    public int LooksDue { get; set; }

    /// <summary>Under which epoch it was so.</summary>
    public long LooksDueAt { get; set; }

    /// <summary>Cancellations that were acknowledged as requested: the epoch at that time.</summary>
    public long? CancelledInEpoch { get; set; }
}
