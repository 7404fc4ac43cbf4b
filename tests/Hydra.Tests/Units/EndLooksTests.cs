using System.Reflection;
using Hydra.Engine;
using Hydra.Engine.Running;
using Hydra.Storage;
using Microsoft.Extensions.Time.Testing;

namespace Hydra.Tests.Units;

/// <summary>How those who wait for ends that happen elsewhere share their looks.</summary>
public sealed class EndLooksTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30); // Of real time: a hang fails the test.

    private readonly PoolRuntime _runtime = new(new FakeTimeProvider());
    private readonly HeldLooks _store;
    private readonly EndLooks _looks;

    public EndLooksTests()
    {
        var queries = DispatchProxy.Create<IWorkflowQueries, HeldLooks>();
        _store = (HeldLooks)(object)queries;
        _looks = new EndLooks(queries, _runtime);
    }

    public void Dispose() => _runtime.Dispose();

    [Fact]
    public async Task What_is_asked_while_two_looks_are_under_way_goes_together_and_each_caller_once()
    {
        var first = await AskAsync(1);
        var second = await AskAsync(2);
        var same = _looks.LookAsync(Id(3), default);
        var later = Enumerable.Range(3, 200).Select(number => _looks.LookAsync(Id(number), default)).ToList();

        _store.Answer(0, Id(1));
        Assert.Equal(Id(1), (await first.WaitAsync(Patience))?.Id);
        await _store.Arrived(2).WaitAsync(Patience);

        Assert.Equal([1, 1, 128], _store.Sizes);
        _store.Answer(2, Id(3));
        Assert.Equal(Id(3), (await later[0].WaitAsync(Patience))?.Id);
        Assert.Equal(Id(3), (await same.WaitAsync(Patience))?.Id);
        Assert.Null(await later[127].WaitAsync(Patience)); // It is not there.
        await _store.Arrived(3).WaitAsync(Patience);
        Assert.Equal(72, _store.Sizes[3]);
        Assert.False(later[128].IsCompleted || second.IsCompleted);
        _store.Answer(3, Id(202));
        Assert.Equal(Id(202), (await later[199].WaitAsync(Patience))?.Id);
    }

    [Fact]
    public async Task A_look_that_fails_is_heard_of_by_those_who_asked_for_it_and_the_next_is_made()
    {
        var first = await AskAsync(1);
        var second = await AskAsync(2);
        var third = _looks.LookAsync(Id(3), default);

        _store.Fail(0, new StoreException(StoreErrorKind.Unavailable, "Gone."));

        await Assert.ThrowsAsync<StoreException>(() => first.WaitAsync(Patience));
        await _store.Arrived(2).WaitAsync(Patience);
        _store.Answer(2, Id(3));
        Assert.Equal(Id(3), (await third.WaitAsync(Patience))?.Id);
        Assert.False(second.IsCompleted);
        _store.Answer(1, Id(2));
        Assert.Equal(Id(2), (await second.WaitAsync(Patience))?.Id);

        var fourth = _looks.LookAsync(Id(4), default); // Nothing was under way any more.
        await _store.Arrived(3).WaitAsync(Patience);
        _store.Answer(3, Id(4));
        Assert.Equal(Id(4), (await fourth.WaitAsync(Patience))?.Id);
    }

    [Fact]
    public async Task Who_gives_up_hears_it_at_once_and_is_not_looked_for()
    {
        using var impatient = new CancellationTokenSource();
        await AskAsync(1);
        await AskAsync(2);
        var third = _looks.LookAsync(Id(3), impatient.Token);
        var fourth = _looks.LookAsync(Id(4), default);

        await impatient.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => third.WaitAsync(Patience));
        _store.Answer(0, Id(1));
        await _store.Arrived(2).WaitAsync(Patience);
        Assert.Equal([1, 1, 1], _store.Sizes);
        _store.Answer(2, Id(4));
        Assert.Equal(Id(4), (await fourth.WaitAsync(Patience))?.Id);
    }

    private static ExecutionId Id(int number) => ExecutionId.Create(0, (ulong)number << 32, 0);

    /// <summary>Asks, and waits until the store is asked.</summary>
    private async Task<Task<FoundEnd?>> AskAsync(int number)
    {
        var asked = _looks.LookAsync(Id(number), default);
        await _store.Arrived(number - 1).WaitAsync(Patience);
        return asked;
    }

    /// <summary>Queries each of whose looks is answered by the test.</summary>
    public class HeldLooks : DispatchProxy
    {
        private readonly Lock _lock = new();
        private readonly List<int> _sizes = [];
        private readonly List<TaskCompletionSource<IReadOnlyList<FoundEnd>>> _answers = [];
        private readonly List<TaskCompletionSource> _arrivals = [];

        public IReadOnlyList<int> Sizes => _sizes;

        public Task Arrived(int look) => Arrival(look).Task;

        /// <summary>Answers for one, and for another that nobody has asked for.</summary>
        public void Answer(int look, ExecutionId id) => _answers[look].SetResult(
        [
            new FoundEnd(Id(1_000), ExecutionState.Completed, null),
            new FoundEnd(id, ExecutionState.Completed, null),
        ]);

        public void Fail(int look, Exception error) => _answers[look].SetException(error);

        protected override object Invoke(MethodInfo? targetMethod, object?[]? args)
        {
            var answer = new TaskCompletionSource<IReadOnlyList<FoundEnd>>(
                TaskCreationOptions.RunContinuationsAsynchronously);
            lock (_lock)
            {
                _sizes.Add(((IReadOnlyCollection<ExecutionId>)args![0]!).Count);
                _answers.Add(answer);
                Arrival(_answers.Count - 1).TrySetResult();
            }

            return answer.Task;
        }

        private TaskCompletionSource Arrival(int look)
        {
            lock (_lock)
            {
                while (_arrivals.Count <= look)
                {
                    _arrivals.Add(new(TaskCreationOptions.RunContinuationsAsynchronously));
                }

                return _arrivals[look];
            }
        }
    }
}
