using System.Diagnostics;
using Hydra.Storage;
using Hydra.Tests.Support;

namespace Hydra.Tests.Hosting;

/// <summary>A predicate of the user's that comes back after its execution was given up as stuck.</summary>
public sealed class LatePredicateTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30); // Of real time: a hang fails the test.

    private readonly ManualResetEventSlim _awaited = new();

    public void Dispose() => _awaited.Dispose();

    [Fact]
    public async Task What_it_decides_is_neither_written_nor_told_to_anybody()
    {
        await using var world = new World();
        using var leaving = new CancellationTokenSource();
        var settled = new List<Settlement?>();
        var client = await world.OpenAsync(
            (WorkflowContext _, int _) => Task.FromException<int>(new InvalidOperationException("no")),
            new WorkflowOptions { RetryWhen = _ => BeGivenUp(world) },
            hydra => hydra.UseStore(setup =>
                new WatchedStore(new InMemoryWorkflowStore(world.Database, setup.Namespace))
                {
                    Refuses = operation =>
                    {
                        settled.Add((operation as AdvanceOperation)?.Settlement);
                        return false;
                    },
                }),
            worker => worker with
            {
                TurnTimeout = TimeSpan.FromSeconds(2),
                HeartbeatInterval = TimeSpan.FromHours(1),
                ClaimTimeout = TimeSpan.FromHours(3),
            });
        var handle = await client.Workflow<int, int>("test").StartAsync(0, new() { MaxAttempts = 2 });

        var waiting = handle.WaitAsync(leaving.Token);
        _awaited.Set();
        var details = await world.Now(handle);

        Assert.Equal((ExecutionState.Blocked, false), (details.Row.State, waiting.IsCompleted));
        Assert.Equal([EntryKind.Input], details.Kinds());
        Assert.IsType<Settlement.Refused>(Assert.Single(settled, settlement => settlement is not null));
        await leaving.CancelAsync();
    }

    /// <summary>Lets time pass until the watch has had enough.</summary>
    private bool BeGivenUp(World world)
    {
        _awaited.Wait();
        for (var begun = Stopwatch.GetTimestamp();
            !world.Log.Lines.Any(line => line.Contains("has run for")) && Stopwatch.GetElapsedTime(begun) < Patience;)
        {
            world.Clock.Advance(TimeSpan.FromSeconds(1));
            Thread.Yield();
        }

        return false;
    }
}
