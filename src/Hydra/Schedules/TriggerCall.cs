using Hydra.Engine.Scheduling;
using Hydra.Storage;

namespace Hydra;

/// <summary>One call that triggers a schedule, however often it is tried.</summary>
/// <remarks>
/// All its tries want the same start, whose id they thereby know: a try in doubt may have come to be, and somebody else
/// may have changed the schedule since, so that the store no longer knows the change.
/// </remarks>
/// <param name="keeper">Makes changes.</param>
internal sealed class TriggerCall(ScheduleKeeper keeper)
{
    private WantedStart? _wanted;
    private ExecutionId _id;
    private bool _hasStarted;

    /// <summary>Whether an earlier try of this call has started the execution, or let it wait.</summary>
    /// <param name="row">The schedule as it stands; null when there is none any more.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    public async Task<bool> HasComeAsync(ScheduleRow? row, CancellationToken cancellationToken)
    {
        if (_wanted is not { } wanted)
        {
            return false;
        }

        _hasStarted = await keeper.ExistsAsync(_id, cancellationToken);
        return _hasStarted || (row is not null && ScheduleJson.ReadProgress(row).Waiting.Contains(wanted));
    }

    /// <summary>Makes the change that starts it, or lets it wait.</summary>
    /// <param name="row">The schedule as it stands.</param>
    /// <param name="now">The database's clock.</param>
    /// <param name="overlap">What happens when it would overlap; null for what the schedule says.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <exception cref="ArgumentException">
    /// The schedule allows overlaps and another policy is asked for, or this machine does not know its time zone.
    /// </exception>
    /// <exception cref="PayloadException">What is stored cannot be read.</exception>
    public async Task<ScheduleChange> DecideAsync(
        ScheduleRow row, Instant now, OverlapPolicy? overlap, CancellationToken cancellationToken)
    {
        var own = ScheduleJson.ReadDefinition(row).Overlap;
        if (own == OverlapPolicy.Allow && overlap is { } other && other != OverlapPolicy.Allow)
        {
            throw new ArgumentException(
                $"Schedule '{row.Name}' allows overlaps, so it does not follow what it has started and cannot tell "
                + $"what {other} would overlap with. Give the schedule another policy, or trigger with "
                + $"{OverlapPolicy.Allow}.",
                nameof(overlap));
        }

        if (_wanted is null)
        {
            _wanted = new WantedStart(now, StartCause.Trigger, keeper.NextNumber());
            _id = keeper.Id(row, _wanted);
        }

        var planner = await keeper.PlanAsync(row, now, cancellationToken);
        var plan = planner.Trigger(_wanted, overlap ?? own);
        return keeper.Change(row, plan, Instant.Min(row.DueAt, plan.NextDue));
    }

    /// <summary>What was started by the change that was made, or by an earlier try; null when nothing was.</summary>
    public ExecutionId? StartedBy(ScheduleChange? change) =>
        _hasStarted ? _id : change?.Operations.OfType<StartOperation>().FirstOrDefault()?.Id;
}
