namespace Hydra.Relational.Deciding;

/// <summary>What one round of maintenance has done so far, and how much more it may do.</summary>
internal sealed class MaintenanceRound(int limit)
{
    private readonly List<ExecutionId> _released = [];
    private readonly List<ExecutionId> _quarantined = [];
    private readonly List<ExecutionId> _timedOut = [];
    private readonly List<ExecutionId> _unblocked = [];

    public int Left { get; private set; } = limit;

    public void AddReleased(ExecutionId id, bool quarantined)
    {
        _released.Add(id);
        if (quarantined)
        {
            _quarantined.Add(id);
        }

        Left--;
    }

    public void AddTimedOut(ExecutionId id)
    {
        _timedOut.Add(id);
        Left--;
    }

    public void AddUnblocked(ExecutionId id)
    {
        _unblocked.Add(id);
        Left--;
    }

    public MaintenanceAnswer Answer(Instant now, Instant nextExpiry) =>
        new(now, nextExpiry, _released, _quarantined, _timedOut, _unblocked, More: Left <= 0);
}
