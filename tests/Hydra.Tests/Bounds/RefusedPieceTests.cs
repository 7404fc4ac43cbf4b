using Hydra.Storage;
using Hydra.Tests.Support;

namespace Hydra.Tests.Bounds;

/// <summary>What the store never takes is sent once more in pieces: each once, and none that says too much.</summary>
public sealed class RefusedPieceTests : IAsyncDisposable
{
    private static readonly StepOptions Once = new() { Retry = RetryPolicy.None };

    private readonly World _world = new();
    private readonly List<AdvanceOperation> _sent = [];
    private Predicate<AdvanceOperation> _refuses = static _ => false;
    private WatchedStore? _store; // Disposed of by its engine.
    private int _runs;

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task What_has_one_piece_is_not_sent_again()
    {
        _refuses = static sent => sent.Entries is [{ Kind: EntryKind.Terminal, Failed: false }];
        var handle = await StartAsync(static _ => Task.FromResult(7));

        var details = await _world.EndOf(handle);

        Assert.Equal(ExecutionState.Failed, details.Row.State);
        Assert.Equal([false, true], _sent.Select(static sent => sent.Entries[^1].Failed));
    }

    [Fact]
    public async Task Results_go_one_by_one_before_the_execution_is_handed_back_behind_the_last()
    {
        var (gate, again) = (new TaskCompletionSource<int>(), new TaskCompletionSource<int>());
        _refuses = static sent => sent.Entries.Count(static entry => entry.OriginSeq > 0) > 1;
        var handle = await StartAsync(async context =>
        {
            var one = context.StepAsync("one", _ => gate.Task);
            var two = context.StepAsync("two", _ => gate.Task);
            var flaky = context.StepAsync(
                "flaky", _ => _runs++ == 0 ? throw new InvalidOperationException("no") : again.Task, Once);
            return (await Task.WhenAll(one, two, flaky)).Sum();
        });
        await _world.RestAsync();
        gate.SetResult(1); // Both land behind the failure, and the second attempt delivers them together.
        await _world.PassAsync(TimeSpan.FromSeconds(3));
        again.SetResult(1);

        var details = await _world.EndOf(handle);

        Assert.Equal((ExecutionState.Completed, 2), (details.Row.State, details.Row.Attempt));
        var (refused, pieces) = Pieces();
        Assert.Equal(refused.Entries.Select(static entry => entry.Seq), Seqs(pieces));
        Assert.Equal(
            new Settlement.Released { LastSeq = refused.Entries[^1].Seq }, pieces[refused.Entries.Count].Settlement);
        Assert.All(pieces, static piece => Assert.Equal(ExecutionRequests.None, piece.Delivered));
    }

    [Fact]
    public async Task The_end_of_an_attempt_goes_with_its_settlement_behind_the_rows_of_its_bodies()
    {
        _refuses = static sent => sent.Tries.Count > 1;
        var handle = await StartAsync(async context =>
        {
            var one = context.StepAsync("one", token => BodyAsync(token));
            var two = context.StepAsync("two", token => BodyAsync(token));
            await context.SleepAsync(TimeSpan.FromMilliseconds(300));
            return _runs++ == 0 ? throw new InvalidOperationException("no") : await one + await two;
        });

        var details = await _world.EndOf(handle);

        Assert.Equal((ExecutionState.Completed, 2), (details.Row.State, details.Row.Attempt));
        Assert.Equal(
            [("one", TryPhase.Abandoned), ("two", TryPhase.Abandoned)],
            details.Tries.Select(static one => (one.Key, one.Phase)).Order());
        var (refused, pieces) = Pieces();
        Assert.Equal(refused.Entries.Select(static entry => entry.Seq), Seqs(pieces));
        var end = Assert.Single(pieces, static piece => piece.Settlement is Settlement.Retry);
        var entry = Assert.Single(end.Entries);
        Assert.Equal((EntryKind.AttemptFailed, true), (entry.Kind, entry.Failed));

        async Task<int> BodyAsync(CancellationToken token)
        {
            await (_runs == 0 ? Task.Delay(Timeout.Infinite, token) : Task.CompletedTask);
            return 1;
        }
    }

    [Fact]
    public async Task A_cancellation_takes_its_request_away_and_nothing_else_does()
    {
        _refuses = static sent => sent.Entries.Count > 1;
        var handle = await StartAsync(static async context =>
        {
            await context.StepAsync("slow", static token => Task.Delay(Timeout.Infinite, token));
            return 7;
        });
        await _world.RestAsync();
        await handle.CancelAsync(TestContext.Current.CancellationToken);

        var details = await _world.EndOf(handle);

        Assert.Equal(ExecutionState.Cancelled, details.Row.State);
        var (refused, pieces) = Pieces();
        Assert.Equal(ExecutionRequests.Cancel, refused.Delivered);
        Assert.All(pieces, static piece => Assert.Equal(
            piece.Entries is [{ Kind: EntryKind.Cancellation }] ? ExecutionRequests.Cancel : ExecutionRequests.None,
            piece.Delivered));
        Assert.Contains(_sent, static sent => sent.Delivered == ExecutionRequests.Cancel && sent.Entries.Count == 1);
    }

    [Fact]
    public async Task That_a_body_begins_is_neither_sent_again_nor_taken_back()
    {
        _refuses = static sent => sent.Tries.Any(static one => one.Phase == TryPhase.BegunOnce);
        var handle = await StartAsync(context => context.StepAsync(
            "pay", _ => Task.FromResult(++_runs), new() { AtMostOnce = true }));

        var details = await _world.EndOf(handle);

        Assert.Equal((ExecutionState.Failed, 0), (details.Row.State, _runs));
        Assert.Equal(TryPhase.BegunOnce, Assert.Single(_sent.SelectMany(static sent => sent.Tries)).Phase);
    }

    /// <summary>Whatever kept it out at first.</summary>
    [Fact]
    public async Task That_a_body_runs_is_sent_again_and_nothing_fails_once_it_is_taken()
    {
        var (gate, refusals) = (new TaskCompletionSource<int>(), 0);
        _refuses = sent => sent.Tries.Any(static one => one.Phase == TryPhase.Started) && refusals++ == 0;
        var handle = await StartAsync(context => context.StepAsync("slow", _ => _runs++ == 0
            ? gate.Task
            : Task.FromResult(7)));
        await _world.PassAsync(TimeSpan.FromSeconds(3));

        var details = await _world.EndOf(handle);

        Assert.Equal((ExecutionState.Completed, 2, 2), (details.Row.State, _runs, refusals));
    }

    [Fact]
    public async Task What_was_sent_behind_a_refused_result_is_done_again_and_fails_nothing()
    {
        var (first, second, held) = (new TaskCompletionSource<int>(), new TaskCompletionSource<int>(),
            new TaskCompletionSource());
        _refuses = static sent => sent.Entries.Any(static entry => entry is { Key: "refused", Failed: false });
        var handle = await StartAsync(async context =>
        {
            var refused = context.StepAsync("refused", _ => first.Task);
            var behind = context.StepAsync("behind", _ => CountAsync(second.Task));
            await Task.WhenAny(refused);
            return await behind;
        });
        await _world.RestAsync();
        _store!.Held = held.Task;
        first.SetResult(1);
        await _world.RestAsync();
        second.SetResult(7);
        await _world.RestAsync();
        held.SetResult();

        var details = await _world.EndOf(handle);

        Assert.Equal((ExecutionState.Completed, 2), (details.Row.State, _runs));
        Assert.Equal(
            [("refused", true), ("behind", false)], details.Steps().Select(static step => (step.Key, step.Failed)));
    }

    private Task<ExecutionHandle<int>> StartAsync(Func<WorkflowContext, Task<int>> run) => _world.StartAsync(
        (WorkflowContext context, int _) => run(context),
        0,
        new() { MaxAttempts = 2 },
        configure: hydra => hydra.UseStore(setup => _store = new WatchedStore(
            new InMemoryWorkflowStore(_world.Database, setup.Namespace))
        {
            Refuses = operation =>
            {
                if (operation is not AdvanceOperation sent)
                {
                    return false;
                }

                _sent.Add(sent);
                return _refuses(sent);
            },
        }));

    /// <summary>What was refused first, and all that was sent after it.</summary>
    private (AdvanceOperation Refused, IReadOnlyList<AdvanceOperation> Pieces) Pieces()
    {
        var at = _sent.FindIndex(_refuses);
        var refused = _sent[at];
        return (refused, [.. _sent.Skip(at + 1).Take(refused.Tries.Count + refused.Entries.Count + 1)]);
    }

    /// <summary>The entries in pieces, as far as they belong to what was refused.</summary>
    private IEnumerable<long> Seqs(IReadOnlyList<AdvanceOperation> pieces)
    {
        var last = Pieces().Refused.Entries[^1].Seq;
        return pieces.SelectMany(static piece => piece.Entries).Select(static entry => entry.Seq)
            .Where(seq => seq <= last);
    }

    private async Task<int> CountAsync(Task<int> body)
    {
        _runs++;
        return await body;
    }
}
