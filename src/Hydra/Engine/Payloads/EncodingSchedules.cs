using Hydra.Engine.Scheduling;
using Hydra.Storage;

namespace Hydra.Engine;

/// <summary>The schedules of a store, with the inputs of what they start encoded and decoded.</summary>
/// <remarks>What a schedule starts gets its own copy of the input, encoded for the place that it has there.</remarks>
internal sealed class EncodingSchedules(IScheduleStore schedules, RowCodec codec) : IScheduleStore
{
    public async Task<ScheduleRow?> FindAsync(string name, CancellationToken cancellationToken) =>
        await schedules.FindAsync(name, cancellationToken) is { } row
            ? (await DecodeAsync([row], cancellationToken))[0]
            : null;

    public async Task<IReadOnlyList<ScheduleRow>> ListAsync(
        string? afterName, int limit, CancellationToken cancellationToken) =>
        await DecodeAsync(await schedules.ListAsync(afterName, limit, cancellationToken), cancellationToken);

    /// <summary>
    /// Those whose inputs are encrypted for a subject are answered as they are stored: others must not wait for their
    /// keys. Whoever fires one decodes it (<see cref="ScheduleKeeper.DecodeAsync"/>).
    /// </summary>
    public async Task<DueSchedules> ListDueAsync(int limit, CancellationToken cancellationToken)
    {
        var due = await schedules.ListDueAsync(limit, cancellationToken);
        return due with
        {
            Schedules =
            [
                .. due.Schedules.Select(row => SubjectKeys.IdIn(row.Input) is null ? codec.DecodeWhatCanBe(row) : row),
            ],
        };
    }

    public async Task<ScheduleAnswer> ApplyAsync(ScheduleChange change, CancellationToken cancellationToken)
    {
        var (resolved, subject) = await codec.ResolveAsync(change, cancellationToken);
        var answer = await schedules.ApplyAsync(codec.Encode(resolved, subject), cancellationToken);
        return answer.Row is { } row
            ? answer with { Row = (await DecodeAsync([row], cancellationToken))[0] }
            : answer;
    }

    private async Task<IReadOnlyList<ScheduleRow>> DecodeAsync(
        IReadOnlyList<ScheduleRow> rows, CancellationToken cancellationToken)
    {
        await codec.LoadAsync(rows.Select(static row => row.Input), cancellationToken);
        return [.. rows.Select(codec.DecodeWhatCanBe)];
    }
}
