using Hydra.Simulation.Checks;
using Hydra.Storage;

namespace Hydra.Simulation.Worlds;

/// <summary>
/// What must be true once nothing goes wrong any more: what is due is taken up, nothing has a dead owner, nobody asks
/// more often than there is a reason to, and in the end everything has ended.
/// </summary>
internal sealed class Convergence(Scenario scenario)
{
    /// <summary>How long after the last fault its consequences may show.</summary>
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(15);

    /// <summary>How long what was under way may still make itself felt in the number of claims.</summary>
    private static readonly TimeSpan Beginning = TimeSpan.FromSeconds(2);

    /// <summary>After twice the longest lease, poll interval and step nothing may be left of the faults.</summary>
    private static readonly TimeSpan Window = 2 * TimeSpan.FromSeconds(5 + 5 + 3);

    /// <summary>The longest poll interval and a little more, in seconds.</summary>
    private const int LongestLook = 7;

    /// <summary>How many claims an execution may have without a reason, from what was under way.</summary>
    private const int IdleClaims = 5;

    private int _claimsSeen;
    private int _commitsSeen;
    private TimeSpan _healedAt;

    private SimulatedWorld World => scenario.World;

    public bool IsReached => scenario.Oracle.Open == 0 && scenario.Clients.RequestsLeft == 0
        && scenario.CallsOnTheWay + scenario.DeathsOnTheWay == 0
        && Array.TrueForAll(scenario.Machines, machine => machine.IsIdle)
        && scenario.Oracle.Calls.TrueForAll(call => call.Process.State == ProcessState.Dead
            || (call.IsAnswered && (!call.Follows || call.Result is not null)));

    /// <summary>Nothing goes wrong from now on.</summary>
    public void Begin()
    {
        _healedAt = TimeSpan.FromTicks(World.Now) + scenario.ClockSetBack;
        scenario.Oracle.BeginCountingClaims();
        (_claimsSeen, _commitsSeen) = (scenario.Claims, scenario.Commits);
        World.Schedule(Settling + scenario.ClockSetBack, Watch);
        World.Schedule(Beginning, () => WatchClaims(Beginning));
        Repair();
    }

    /// <summary>
    /// Somebody has taken the wrong constraint away, or what crashed, and tries what was given up because of it.
    /// </summary>
    private void Repair()
    {
        if (Array.Find(scenario.Machines, machine => machine.IsUp) is { } machine)
        {
            foreach (var shadow in scenario.Oracle.Executions)
            {
                if (shadow.Row!.BlockedReason == BlockedReason.Quarantined
                    || (shadow.Row.State == ExecutionState.Blocked && shadow.Stored.Refusals.Any(Refusals.IsByStore)))
                {
                    scenario.Clients.Retry(machine, shadow);
                }
            }
        }

        World.Schedule(TimeSpan.FromSeconds(2), Repair);
    }

    public string Describe() => string.Join(", ", scenario.Oracle.Executions.Where(shadow => !shadow.IsTerminal)
        .Select(shadow => $"{shadow.Id} is {shadow.Row!.State} {shadow.Row.BlockedReason} at epoch {shadow.Row.Epoch}, "
            + $"owner {shadow.Row.Owner}, due {shadow.Row.DueAt.ToDateTimeOffset():O}, "
            + $"last seq {shadow.Stored.LastSeq}"))
        + string.Join(", ", scenario.Machines.Select(machine => machine.Engine?.Worker is { } worker
            ? $"; {machine.Process!.Name} {machine.Process.State} up {machine.IsUp} has {worker.FreeSlots} of "
                + $"{machine.Options.Concurrency} slots" : ""))
        + string.Join(", ", scenario.Oracle.Calls
            .Where(call => call.Process.State != ProcessState.Dead && !call.IsAnswered)
            .Select(call => $"; a start on {call.Process.Name} was never answered"));

    private void Watch()
    {
        var now = scenario.DatabaseNow;
        var slotsAreFree = Array.TrueForAll(scenario.Machines, machine => machine.IsFree);
        var isQuiet = TimeSpan.FromTicks(World.Now) >= _healedAt + Window;
        foreach (var shadow in scenario.Oracle.Executions)
        {
            if (shadow.IsTerminal)
            {
                continue;
            }

            CheckDue(shadow, slotsAreFree, now);
            if (isQuiet)
            {
                CheckOwner(shadow, now);
            }

            if (shadow.ClaimsSinceHealing > IdleClaims + (2 * shadow.ReasonsSinceHealing))
            {
                World.Fail($"L4: execution {shadow.Id} was claimed {shadow.ClaimsSinceHealing} times since all is "
                    + $"well, with {shadow.ReasonsSinceHealing} reasons");
            }
        }

        World.Schedule(TimeSpan.FromSeconds(1), Watch);
    }

    /// <summary>Also while a clock that was set back stands still nobody asks again and again.</summary>
    private void WatchClaims(TimeSpan span)
    {
        CheckClaims(span);
        var second = TimeSpan.FromSeconds(1);
        World.Schedule(second, () => WatchClaims(second));
    }

    private void CheckDue(ShadowExecution shadow, bool slotsAreFree, Instant now)
    {
        var row = shadow.Row!;
        var hasTaker = scenario.Machines.Any(machine => machine.HasWorker
            && Builds.WorkflowsOf(machine.Build).Contains(row.Workflow)
            && shadow.Stored.Refusals.All(refusal => refusal.Build != machine.Build));
        var isDue = row.State == ExecutionState.Blocked
            ? row.BlockedReason == BlockedReason.Mismatch
            : row is { Owner.Value: 0, BarrenCrashes: < 2 } && row.DueAt <= now; // Of suspects one is taken at a time.
        var waits = slotsAreFree && isDue && hasTaker;
        shadow.LooksDue = !waits ? 0 : shadow.LooksDueAt == row.Epoch ? shadow.LooksDue + 1 : 1;
        shadow.LooksDueAt = row.Epoch; // Between two looks it may have been taken and given back.
        if (shadow.LooksDue > LongestLook)
        {
            World.Fail($"L3: execution {shadow.Id} has been due for {LongestLook} seconds, and slots are free");
        }
    }

    private void CheckOwner(ShadowExecution shadow, Instant now)
    {
        var owner = shadow.Row!.Owner;
        if (owner != SessionId.None
            && (!scenario.Tables.Sessions.TryGetValue(owner.Value, out var session) || session.ExpiresAt < now))
        {
            World.Fail($"L1: execution {shadow.Id} has a dead owner, {owner}, {Window} after the last fault");
        }
    }

    /// <param name="span">Since when claims were counted last: 20 in a second on each machine need no reason.</param>
    private void CheckClaims(TimeSpan span)
    {
        var allowed = (4 * (scenario.Commits - _commitsSeen)) + (20 * span.TotalSeconds * scenario.Machines.Length);
        if (scenario.Claims - _claimsSeen > allowed)
        {
            World.Fail($"L4: {scenario.Claims - _claimsSeen} claims in {span}, "
                + $"with {scenario.Commits - _commitsSeen} commits");
        }

        (_claimsSeen, _commitsSeen) = (scenario.Claims, scenario.Commits);
    }
}
