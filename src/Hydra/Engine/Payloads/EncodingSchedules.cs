using Hydra.Engine.Scheduling;
using Hydra.Storage;

namespace Hydra.Engine;

/// <summary>The schedules of a store, with the inputs of what they start encoded and decoded.</summary>
/// <remarks>What a schedule starts gets its own copy of the input, encoded for the place that it has there.</remarks>
internal sealed class EncodingSchedules(IScheduleStore schedules, RowCodec codec) : IScheduleStore
{
    public async Task<ScheduleRow?> FindAsync(string name, CancellationToken cancellationToken) =>
        await schedules.FindAsync(name, cancellationToken) is { } row
            ? await codec.DecodeAsync(row, cancellationToken)
            : null;

    /// <summary>Those whose keys cannot be read now are told as they are stored.</summary>
    public async Task<IReadOnlyList<ScheduleRow>> ListAsync(
        string? afterName, int limit, CancellationToken cancellationToken)
    {
        var rows = await schedules.ListAsync(afterName, limit, cancellationToken);
        return await Task.WhenAll(rows.Select(row => DecodeWhatCanBeAsync(row, cancellationToken)));
    }

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
            ? answer with { Row = await DecodeWhatCanBeAsync(row, cancellationToken) } // It has happened, in any case.
            : answer;
    }

    private async Task<ScheduleRow> DecodeWhatCanBeAsync(ScheduleRow row, CancellationToken cancellationToken)
    {
        try
        {
            return await codec.DecodeAsync(row, cancellationToken);
        }
        catch (StoreException e) when (e.IsAboutKey)
        {
            return row;
        }
    }
}
