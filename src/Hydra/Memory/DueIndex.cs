using Hydra.Storage;

namespace Hydra.Memory;

/// <summary>
/// What waits to be claimed, by workflow, priority and time; suspects apart, as claims may skip them.
/// </summary>
/// <remarks>Workflows are looked up, never enumerated: nothing depends on the order of a hash table.</remarks>
internal sealed class DueIndex
{
    private const int Priorities = 4; // The values of ExecutionPriority.

    private readonly Dictionary<string, Lanes> _workflows = new(StringComparer.Ordinal);

    public void Add(StoredExecution execution)
    {
        if (!_workflows.TryGetValue(execution.Row.Workflow, out var lanes))
        {
            _workflows.Add(execution.Row.Workflow, lanes = new Lanes());
        }

        lanes.Of(execution).Add(new TimeKey(execution.Row.DueAt, execution.Id));
    }

    public void Remove(StoredExecution execution) =>
        _workflows[execution.Row.Workflow].Of(execution).Remove(new TimeKey(execution.Row.DueAt, execution.Id));

    /// <summary>Looks at the lanes of some workflows; what is added or removed meanwhile is seen.</summary>
    /// <param name="workflows">Their names.</param>
    /// <param name="suits">Whether an execution may be taken at all; the others are passed over.</param>
    public View Of(IReadOnlyList<string> workflows, Func<ExecutionId, bool> suits)
    {
        var found = new List<Lanes>(workflows.Count);
        foreach (var workflow in workflows)
        {
            if (_workflows.TryGetValue(workflow, out var lanes))
            {
                found.Add(lanes);
            }
        }

        return new View(found, suits);
    }

    /// <summary>The lanes of the workflows that one claim asks for.</summary>
    internal readonly struct View(List<Lanes> workflows, Func<ExecutionId, bool> suits)
    {
        /// <summary>The next to take: by priority and then age, or by age alone; null when nothing is due.</summary>
        public TimeKey? First(Instant now, bool byAge, bool withSuspects)
        {
            TimeKey? first = null;
            for (var priority = 0; priority < Priorities && (byAge || first is null); priority++)
            {
                foreach (var lanes in workflows)
                {
                    first = Earlier(first, lanes.Normal[priority], now);
                    first = withSuspects ? Earlier(first, lanes.Suspects[priority], now) : first;
                }
            }

            return first;
        }

        /// <summary>When the next one is due, strictly later than now.</summary>
        public Instant NextDue(Instant now)
        {
            var next = Instant.Never;
            foreach (var lanes in workflows)
            {
                for (var priority = 0; priority < Priorities; priority++)
                {
                    next = Instant.Min(next, Next(lanes.Normal[priority], now));
                    next = Instant.Min(next, Next(lanes.Suspects[priority], now));
                }
            }

            return next;
        }

        private TimeKey? Earlier(TimeKey? first, SortedSet<TimeKey> lane, Instant now)
        {
            if (lane.Count == 0)
            {
                return first;
            }

            var head = lane.Min;
            if (head.At <= now && !suits(head.Id))
            {
                var mayTake = suits;
                head = lane.FirstOrDefault(key => key.At > now || mayTake(key.Id), TimeKey.Behind(Instant.Never));
            }

            return head.At <= now && (first is not { } other || head.CompareTo(other) < 0) ? head : first;
        }

        private Instant Next(SortedSet<TimeKey> lane, Instant now)
        {
            if (lane.Count == 0 || lane.Max.At <= now)
            {
                return Instant.Never;
            }

            var head = lane.Min;
            if (head.At > now && suits(head.Id))
            {
                return head.At;
            }

            foreach (var key in lane.GetViewBetween(TimeKey.Behind(now), TimeKey.Behind(Instant.Never)))
            {
                if (suits(key.Id))
                {
                    return key.At;
                }
            }

            return Instant.Never;
        }
    }

    /// <summary>The sorted sets of one workflow.</summary>
    internal sealed class Lanes
    {
        public SortedSet<TimeKey>[] Normal { get; } = [[], [], [], []]; // One per priority.

        public SortedSet<TimeKey>[] Suspects { get; } = [[], [], [], []];

        public SortedSet<TimeKey> Of(StoredExecution execution) =>
            (execution.IsSuspect ? Suspects : Normal)[(int)execution.Row.Priority];
    }
}
