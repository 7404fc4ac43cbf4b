using Hydra.Engine;
using Hydra.Engine.Pipeline;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Hydra.Tests.Units;

/// <summary>Whom a writer lets go first, where all take turns on one thread.</summary>
public sealed class PipelineTurnsTests : IAsyncDisposable
{
    private readonly ScriptedStore _store = new();
    private readonly Turns _turns = new();
    private readonly PipelineWriter _writer;

    public PipelineTurnsTests()
    {
        _store.Open();
        _writer = new PipelineWriter(
            _store, _turns, new StoreClock(_turns.Time), new EngineLog(NullLogger.Instance), new ApartRoom());
        _turns.RunAll();
    }

    public async ValueTask DisposeAsync()
    {
        var stopped = _writer.StopAsync(TimeSpan.Zero);
        _turns.RunAll();
        await stopped;
        _turns.Dispose();
        await _store.DisposeAsync();
    }

    [Fact]
    public void What_comes_of_work_that_was_waiting_is_in_the_same_commit()
    {
        _turns.Queue(() => Submit(1));
        _turns.Queue(() => { });
        _turns.Queue(() => _turns.Queue(() => Submit(2)));
        _turns.RunAll();

        Assert.Equal([2], _store.Sizes);
    }

    [Fact]
    public void A_writer_lets_others_go_once_and_not_for_as_long_as_there_are_some()
    {
        _turns.Queue(() => Submit(1));
        var rounds = 0;
        _turns.Queue(GoOn);
        _turns.RunAll();

        Assert.Equal(100, _store.Sizes.Sum());
        Assert.All(_store.Sizes, size => Assert.InRange(size, 1, 3));

        void GoOn()
        {
            Submit(2);
            if (++rounds < 99)
            {
                _turns.Queue(GoOn);
            }
        }
    }

    [Fact]
    public void A_write_that_nobody_is_behind_is_committed_in_the_turn_that_the_writer_gets()
    {
        Submit(1);
        _turns.RunNext();

        Assert.Equal([1], _store.Sizes);
    }

    private void Submit(int number) => _writer.Submit(
        new RecordedOperation(RecordedOperation.Start(ExecutionId.Create(number, 1, 0), key: null)),
        default);

    /// <summary>Everything runs on the thread that asks for the next turn.</summary>
    private sealed class Turns() : EngineRuntime(new FakeTimeProvider())
    {
        private readonly Queue<Action> _queue = new();

        public override bool OthersWait => _queue.Count > 0;

        public void Queue(Action turn) => _queue.Enqueue(turn);

        public void RunAll()
        {
            while (_queue.Count > 0)
            {
                RunNext();
            }
        }

        public void RunNext() => Enter(() =>
        {
            _queue.Dequeue()();
            return true;
        });

        public override void Post(IThreadPoolWorkItem item) => Queue(item.Execute);

        public override Task Run(Func<Task> loop) => Task.Factory.StartNew(
            loop, CancellationToken.None, TaskCreationOptions.None, new Scheduler(this)).Unwrap();

        public override Task Beat<T>(
            Func<Task<T>> beat, Func<T?, Exception?, TimeSpan?> handle, CancellationToken stopping) where T : class =>
            throw new NotSupportedException();

        public override ulong NextRandom() => throw new NotSupportedException();

        private sealed class Scheduler(Turns turns) : TaskScheduler
        {
            protected override void QueueTask(Task task) => turns.Queue(() => TryExecuteTask(task));

            protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => false;

            protected override IEnumerable<Task> GetScheduledTasks() => [];
        }
    }
}
