using Hydra.Engine;
using Hydra.Engine.Pipeline;
using Hydra.Storage;
using Hydra.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace Hydra.Tests.Units;

/// <summary>How the pipeline cuts batches, divides refused ones, and when it gives up.</summary>
public sealed class PipelineTests : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30); // Of real time: a hang fails the test.

    private readonly TimerLog _clock = new(World.Start);
    private readonly ScriptedStore _store = new();
    private readonly PoolRuntime _runtime;
    private readonly EngineLog _log = new(NullLogger.Instance);
    private readonly PipelineWriter _writer;

    public PipelineTests()
    {
        _runtime = new PoolRuntime(_clock);
        _writer = new PipelineWriter(_store, _runtime, new StoreClock(_clock), _log, new ApartRoom());
    }

    public async ValueTask DisposeAsync()
    {
        _store.Answer = _ => { };
        _store.Open();
        await _clock.PassUntil(_writer.StopAsync(TimeSpan.Zero));
    }

    [Fact]
    public async Task A_refused_batch_is_divided_by_execution_until_the_bad_operation_stands_alone()
    {
        var bad = Id(5);
        _store.Answer = batch =>
        {
            if (batch.Operations.Any(operation => operation.Id == bad))
            {
                throw new StoreException(StoreErrorKind.Deterministic, "Never.");
            }
        };
        var all = Enumerable.Range(0, 8)
            .SelectMany(number => new[] { Submit(Id(number)), Submit(Id(number)) })
            .ToList();
        _store.Open();

        await Task.WhenAll(all.Select(one => one.Ended)).WaitAsync(Patience);

        Assert.Equal([16, 8, 8, 4, 2, 2, 1, 1, 4], _store.Sizes);
        Assert.All(all, one => Assert.Equal(one.Operation.Id == bad, one.Error is not null));
    }

    [Fact]
    public async Task What_was_in_doubt_and_then_met_another_journal_says_both()
    {
        var tries = 0;
        _store.Answer = _ => throw (tries++ == 0
            ? new StoreException(StoreErrorKind.InDoubt, "Cut off.")
            : new StoreException(StoreErrorKind.Deterministic, "A gap.") { JournalDiffers = true });
        var one = Submit(Id(1));
        _store.Open();
        await _clock.PassUntil(one.Ended);

        Assert.Equal((StoreErrorKind.InDoubt, true), (one.Error!.Kind, one.Error.JournalDiffers));
    }

    [Fact]
    public async Task A_batch_has_a_thousand_operations_at_most()
    {
        var all = Enumerable.Range(0, 2_500).Select(number => Submit(Id(number))).ToList();
        _store.Open();

        await Task.WhenAll(all.Select(one => one.Ended)).WaitAsync(Patience);

        Assert.Equal([1_000, 1_000, 500], _store.Sizes);
    }

    [Fact]
    public async Task A_batch_has_four_megabytes_at_most_unless_one_operation_alone_is_larger()
    {
        const int Megabyte = 1024 * 1024;
        int[] megabytes = [2, 1, 1, 5, 3, 1];
        var all = megabytes.Select((size, number) => Submit(Id(number), (size * Megabyte) - 4096)).ToList();
        _store.Open();

        await Task.WhenAll(all.Select(one => one.Ended)).WaitAsync(Patience);

        Assert.Equal([3, 1, 2], _store.Sizes);
    }

    [Fact]
    public async Task What_stays_in_doubt_is_sent_again_for_an_hour_and_no_longer()
    {
        var tries = 0;
        _store.Answer = _ =>
        {
            tries++;
            throw new StoreException(StoreErrorKind.InDoubt, "Gone.");
        };
        var pending = Submit(Id(1));
        var begun = _clock.GetUtcNow();
        _store.Open();
        await _clock.PassUntil(pending.Ended, TimeSpan.FromMinutes(1));

        Assert.Equal(StoreErrorKind.InDoubt, pending.Error?.Kind);
        Assert.InRange(_clock.GetUtcNow() - begun, TimeSpan.FromMinutes(61), TimeSpan.FromHours(5));
        Assert.InRange(tries, 10, 100);
    }

    [Fact]
    public async Task Clients_wait_when_ten_thousand_of_their_operations_are_under_way()
    {
        using var pipeline = new CommitPipeline(_store, _runtime, new StoreClock(_clock), _log);
        for (var i = 0; i < 10_000; i++)
        {
            Assert.True(pipeline.ReserveAsync(TestContext.Current.CancellationToken).IsCompletedSuccessfully);
        }

        var next = pipeline.ReserveAsync(TestContext.Current.CancellationToken);
        Assert.False(next.IsCompleted);
        pipeline.ReleaseRoom();

        await next.WaitAsync(Patience);
        await pipeline.StopAsync(TimeSpan.Zero).WaitAsync(Patience);
    }

    private static ExecutionId Id(int number) => ExecutionId.Create(number + 1, 1, 0);

    private RecordedOperation Submit(ExecutionId id, int bytes = 0)
    {
        var entry = new JournalEntry
        {
            Seq = 1,
            Kind = EntryKind.Step,
            Key = "step",
            Output = bytes == 0 ? default : Payload.Create(new byte[bytes]),
            At = new Instant(1),
            Epoch = 1,
        };
        var pending = new RecordedOperation(new AdvanceOperation { Id = id, Epoch = 1, Entries = [entry] });
        _writer.Submit(pending, new SessionId(1));
        return pending;
    }
}
