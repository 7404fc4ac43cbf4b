using System.Collections.Concurrent;
using Hydra.Storage;
using Hydra.Tests.Support;

namespace Hydra.Tests.Steps;

/// <summary>Steps of what has crashed its workers: which of them begin is durable before they do.</summary>
public sealed class SuspectStepTests : IAsyncDisposable
{
    private readonly World _world = new();
    private readonly List<AdvanceOperation> _written = [];
    private readonly ConcurrentQueue<(int Attempt, long Epoch)> _bodies = [];
    private string[] _inputs = [""];
    private Predicate<AdvanceOperation> _refuses = static _ => false;
    private Func<CancellationToken, Task<int>> _body = token => HangAsync(token);

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task It_is_durable_before_a_body_of_a_suspect_begins_that_it_does_and_the_body_begins_every_time()
    {
        var handle = await CrashAsync(times: 2);
        TryPhase[] seen = [];
        _body = async token =>
        {
            var details = await _world.Clients[0].Execution(handle.Id).DescribeAsync(token);
            seen = [.. details.Tries.Select(one => one.Phase)];
            return await HangAsync(token);
        };
        await CrashAsync(times: 1, handle);

        _body = static _ => Task.FromResult(7);
        handle = await OpenAsync(handle);
        var details = await _world.EndOf(handle);

        Assert.Equal([TryPhase.Started], seen);
        Assert.Equal((ExecutionState.Completed, 3), (details.Row.State, details.Row.Crashes));
        Assert.Equal([1, 1, 1, 1], _bodies.Select(static body => body.Attempt));
        Assert.Equal(
            _bodies.Skip(2).Select(static body => body.Epoch), details.Tries.Select(static one => one.Epoch));
        Assert.All(details.Tries, static one =>
            Assert.Equal(("risky", 1, TryPhase.Started), (one.Key, one.Attempt, one.Phase)));
        Assert.Equal(
            ["interrupted", "completed", "completed", "completed"],
            StepRecord.Collect(details).Select(static step => step.State));
    }

    /// <summary>A suspect that gets further is none any more, and pays for one step.</summary>
    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 0)]
    [InlineData(2, 1)]
    public async Task Nobody_pays_for_it_who_is_no_suspect(int crashes, int rows)
    {
        var handle = await CrashAsync(crashes);

        _written.Clear();
        _body = static _ => Task.FromResult(7);
        handle = await OpenAsync(handle);
        var details = await _world.EndOf(handle);

        Assert.Equal(ExecutionState.Completed, details.Row.State);
        Assert.Equal(rows, details.Tries.Count);
        Assert.Equal(rows, _written.Count(static advance => advance.Tries.Count > 0));
        Assert.Equal(3 + rows, _written.Count); // One for each step, the last of which ends the execution.
    }

    [Fact]
    public async Task Every_try_of_a_suspect_is_told_and_those_that_failed_count_on()
    {
        var handle = await CrashAsync(times: 2);

        _body = _ => _bodies.Count == 3 ? throw new InvalidOperationException("Planted.") : Task.FromResult(7);
        handle = await OpenAsync(handle);
        var details = await _world.EndOf(handle);

        Assert.Equal([1, 1, 1, 2], _bodies.Select(static body => body.Attempt));
        Assert.Equal(
            [(1, TryPhase.Started), (1, TryPhase.Failed), (2, TryPhase.Started)],
            details.Tries.Select(static one => (one.Attempt, one.Phase)).Order());
    }

    [Fact]
    public async Task What_a_shutdown_kept_from_beginning_is_taken_back_and_begins_elsewhere()
    {
        var handle = await CrashAsync(times: 2);
        _world.Bodies.Close();
        handle = await OpenAsync(handle);
        await _world.PassAsync(TimeSpan.FromMinutes(2));
        Assert.Equal(TryPhase.Started, Assert.Single((await _world.Now(handle)).Tries).Phase);

        await _world.CloseAsync();
        _world.Bodies.Open();
        _body = static _ => Task.FromResult(7);
        handle = await OpenAsync(handle);
        var details = await _world.EndOf(handle);

        Assert.Equal((ExecutionState.Completed, 3), (details.Row.State, _bodies.Count));
        Assert.Equal(1, _bodies.Last().Attempt); // No try has failed.
        Assert.Single(details.Tries, static one => one.Phase == TryPhase.NotBegun);
        Assert.DoesNotContain(StepRecord.Collect(details), static step => step.State == "interrupted");
    }

    /// <summary>It is for people to read: it must not make a batch that a database cannot take.</summary>
    [Fact]
    public async Task Bodies_with_large_inputs_begin_without_it()
    {
        var begun = 0;
        var handle = await CrashAsync(times: 2);
        _inputs = [.. Enumerable.Range(0, 4).Select(static i => new string((char)('a' + i), 700_000))];
        _body = _ => Task.FromResult(Interlocked.Increment(ref begun));
        _written.Clear();
        handle = await OpenAsync(handle);
        var details = await _world.EndOf(handle);

        Assert.Equal(ExecutionState.Completed, details.Row.State);
        Assert.Equal(4, begun);
        Assert.Single(details.Tries);
    }

    [Fact]
    public async Task Where_that_is_refused_for_good_the_body_does_not_begin_and_it_is_not_sent_again()
    {
        var handle = await CrashAsync(times: 2);
        _written.Clear();
        _refuses = static advance => advance.Tries.Any(static one => one.Phase == TryPhase.Started);

        handle = await OpenAsync(handle);
        var details = await _world.EndOf(handle);

        Assert.Equal((ExecutionState.Failed, 2), (details.Row.State, _bodies.Count));
        Assert.Single(_written.SelectMany(static advance => advance.Tries));
    }

    /// <summary>Lets the process of an execution die as soon as its first body has begun.</summary>
    private async Task<ExecutionHandle<int>> CrashAsync(int times, ExecutionHandle<int>? handle = null)
    {
        for (var crash = 0; crash < times; crash++)
        {
            var begun = _bodies.Count;
            handle = await OpenAsync(handle);
            while (_bodies.Count == begun)
            {
                await _world.AdvanceAsync(TimeSpan.FromMilliseconds(250));
            }

            await _world.RestAsync();
            await _world.CrashAsync();
        }

        return handle!;
    }

    /// <summary>Opens an engine, and starts the execution unless it is there.</summary>
    private async Task<ExecutionHandle<int>> OpenAsync(ExecutionHandle<int>? handle)
    {
        var client = await OpenAsync();
        return handle is null
            ? await client.Workflow<int, int>("test").StartAsync(
                5, cancellationToken: TestContext.Current.CancellationToken)
            : client.Execution<int>(handle.Id);
    }

    private Task<IHydraClient> OpenAsync() => _world.OpenAsync(
        async (WorkflowContext context, int number) =>
        {
            var results = await Task.WhenAll(_inputs.Select(input => context.StepAsync("risky", input, (_, token) =>
            {
                _bodies.Enqueue((StepContext.Current!.Attempt, StepContext.Current.Epoch));
                return _body(token);
            })));
            var risky = results.Sum();
            var second = await context.StepAsync("second", number, static (value, _) => Task.FromResult(value));
            return await context.StepAsync("third", risky + second, static (value, _) => Task.FromResult(value));
        },
        configure: hydra => hydra.UseStore(setup => new WatchedStore(
            new InMemoryWorkflowStore(_world.Database, setup.Namespace))
        {
            Refuses = operation =>
            {
                if (operation is AdvanceOperation advance)
                {
                    _written.Add(advance);
                    return _refuses(advance);
                }

                return false;
            },
        }));

    private static async Task<int> HangAsync(CancellationToken token)
    {
        await Task.Delay(Timeout.Infinite, token);
        return 0;
    }
}
