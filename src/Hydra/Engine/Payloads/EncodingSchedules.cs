using Hydra.Storage;

namespace Hydra.Engine;

/// <summary>The schedules of a store, with the inputs of what they start encoded and decoded.</summary>
/// <remarks>What a schedule starts gets its own copy of the input, encoded for the place that it has there.</remarks>
internal sealed class EncodingSchedules(IScheduleStore schedules, RowCodec codec, EngineLog? log) : IScheduleStore
{
    /// <summary>How soon schedules are looked at again whose keys cannot be read.</summary>
    private static readonly TimeSpan KeyDelay = TimeSpan.FromSeconds(1);

    public async Task<ScheduleRow?> FindAsync(string name, CancellationToken cancellationToken) =>
        await schedules.FindAsync(name, cancellationToken) is { } row
            ? (await DecodeAsync([row], cancellationToken))[0]
            : null;

    public async Task<IReadOnlyList<ScheduleRow>> ListAsync(
        string? afterName, int limit, CancellationToken cancellationToken) =>
        await DecodeAsync(await schedules.ListAsync(afterName, limit, cancellationToken), cancellationToken);

    public async Task<DueSchedules> ListDueAsync(int limit, CancellationToken cancellationToken)
    {
        var due = await schedules.ListDueAsync(limit, cancellationToken);
        if (!due.Schedules.Any(static row => row.Input.IsEncoded))
        {
            return due;
        }

        var readable = await codec.LoadEachAsync(
            due.Schedules, static row => [row.Input], log, cancellationToken);
        return due with
        {
            Schedules = [.. readable.Select(codec.DecodeWhatCanBe)],
            NextDue = readable.Count < due.Schedules.Count
                ? Instant.Min(due.NextDue, due.Now.Plus(KeyDelay))
                : due.NextDue,
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
