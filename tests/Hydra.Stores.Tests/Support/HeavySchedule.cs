using System.Collections.Concurrent;

namespace Hydra.Stores.Tests;

/// <summary>
/// A schedule with a large input and many instants at once: each execution has a copy of the input, and servers bound
/// what they take at once.
/// </summary>
internal static class HeavySchedule
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1); // Of real time: a hang fails the test.

    /// <summary>Has a range of instants started, and sees that each execution comes with the whole input.</summary>
    /// <param name="use">Says which store, and its limits.</param>
    /// <param name="count">How many instants.</param>
    /// <param name="length">Of the input, in characters.</param>
    public static async Task RunAsync(Action<HydraBuilder> use, int count, int length)
    {
        var token = TestContext.Current.CancellationToken;
        var seen = new ConcurrentDictionary<ExecutionId, int>();
        var all = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var engine = await HydraEngine.OpenAsync(
            hydra =>
            {
                use(hydra);
                hydra.AddWorkflow("weigh", (WorkflowContext context, string text) =>
                {
                    if (seen.TryAdd(context.ExecutionId, text.Length) && seen.Count == count)
                    {
                        all.TrySetResult();
                    }

                    return Task.CompletedTask;
                });
                hydra.AddWorker();
            },
            token);
        await engine.Client.Workflow<string, Nothing>("weigh").ScheduleAsync(
            "hourly", Timetable.Cron("0 * * * *"), new string('x', length), cancellationToken: token);
        var last = DateTimeOffset.UnixEpoch.AddDays(1);

        await engine.Client.Schedules.BackfillAsync(
            "hourly", last.AddHours(1 - count), last, atOnce: true, cancellationToken: token);

        await all.Task.WaitAsync(Patience, token);
        Assert.All(seen.Values, seenLength => Assert.Equal(length, seenLength));
        Assert.Equal(0, (await engine.Client.Schedules.DescribeAsync("hourly", token)).Backfills);
    }
}
