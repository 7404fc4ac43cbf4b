using Hydra.Storage;

namespace Hydra.Engine;

/// <summary>The schedules of a store, with the inputs of what they start encoded and decoded.</summary>
/// <remarks>What a schedule starts gets its own copy of the input, encoded for the place that it has there.</remarks>
internal sealed class EncodingSchedules(IScheduleStore schedules, RowCodec codec) : IScheduleStore
{
    public async Task<ScheduleRow?> FindAsync(string name, CancellationToken cancellationToken) =>
        await schedules.FindAsync(name, cancellationToken) is { } row ? codec.DecodeWhatCanBe(row) : null;

    public async Task<IReadOnlyList<ScheduleRow>> ListAsync(
        string? afterName, int limit, CancellationToken cancellationToken) =>
        [.. (await schedules.ListAsync(afterName, limit, cancellationToken)).Select(codec.DecodeWhatCanBe)];

    public async Task<DueSchedules> ListDueAsync(int limit, CancellationToken cancellationToken)
    {
        var due = await schedules.ListDueAsync(limit, cancellationToken);
        return due.Schedules.Any(static row => row.Input.IsEncoded)
            ? due with { Schedules = [.. due.Schedules.Select(codec.DecodeWhatCanBe)] }
            : due;
    }

    public async Task<ScheduleAnswer> ApplyAsync(ScheduleChange change, CancellationToken cancellationToken)
    {
        var answer = await schedules.ApplyAsync(codec.Encode(change), cancellationToken);
        return answer.Row is { } row ? answer with { Row = codec.DecodeWhatCanBe(row) } : answer;
    }
}
