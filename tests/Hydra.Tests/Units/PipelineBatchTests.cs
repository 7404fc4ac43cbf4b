using Hydra.Engine.Pipeline;
using Hydra.Storage;

namespace Hydra.Tests.Units;

/// <summary>What fits into one batch, when it is cut from a queue and when one is added to another.</summary>
public sealed class PipelineBatchTests
{
    private const int MaxOperations = 1_000;
    private const int Half = 2 * 1024 * 1024; // Of the bytes that a batch may have.

    private static readonly SessionId Session = new(1);

    [Fact]
    public void A_queue_is_cut_where_the_next_operation_is_one_byte_too_many()
    {
        var batch = new PipelineBatch();
        var queue = new Queue<(PendingOperation, SessionId)>(
            [(Sized(Half), Session), (Sized(Half), Session), (Sized(96), Session)]);

        batch.Fill(queue);

        Assert.Equal(2, batch.Operations!.Count);
        Assert.Single(queue);
    }

    [Fact]
    public void A_thousand_operations_fit_in_one_and_no_more()
    {
        var batch = new PipelineBatch();
        Assert.True(batch.TryAdd(Of(Session, Many(MaxOperations - 2))));

        Assert.False(batch.TryAdd(Of(Session, Many(3))));
        Assert.True(batch.TryAdd(Of(Session, Many(2))));
        Assert.False(batch.TryAdd(Of(Session, Many(1))));

        Assert.Equal(MaxOperations, batch.Operations!.Count);
    }

    [Fact]
    public void Four_megabytes_fit_in_one_and_not_a_byte_more()
    {
        var batch = new PipelineBatch();
        Assert.True(batch.TryAdd(Of(Session, Sized(Half - 1000))));
        Assert.True(batch.TryAdd(Of(Session, Sized(Half - 1000), Sized(1000))));

        Assert.False(batch.TryAdd(Of(Session, Sized(500), Sized(501))));
        Assert.True(batch.TryAdd(Of(Session, Sized(500), Sized(500))));
        Assert.False(batch.TryAdd(Of(Session, Sized(96))));

        Assert.Equal(2 * Half, batch.Operations!.Sum(pending => pending.Size));
    }

    [Fact]
    public void What_does_not_fit_leaves_a_batch_as_it_was()
    {
        var batch = new PipelineBatch();
        Assert.True(batch.TryAdd(Of(Session, Sized(Half))));

        Assert.False(batch.TryAdd(Of(default, Sized(Half + 1))));
        Assert.False(batch.TryAdd(Of(new SessionId(2), Sized(96))));

        Assert.Equal(Session, batch.Session);
        Assert.Equal(Half, Assert.Single(batch.Operations!).Size);
        Assert.True(batch.TryAdd(Of(Session, Sized(Half))));
    }

    [Fact]
    public void Operations_of_clients_go_with_those_of_a_session_and_leave_it_theirs()
    {
        var batch = new PipelineBatch();

        Assert.True(batch.TryAdd(Of(default, Many(1))));
        Assert.Equal(default, batch.Session);
        Assert.True(batch.TryAdd(Of(Session, Many(1))));
        Assert.Equal(Session, batch.Session);
        Assert.True(batch.TryAdd(Of(default, Many(1))));
        Assert.Equal(Session, batch.Session);
        Assert.True(batch.TryAdd(Of(Session, Many(1))));
        Assert.False(batch.TryAdd(Of(new SessionId(2), Many(1))));
    }

    [Fact]
    public void What_was_added_to_a_batch_stays_where_it_was_too()
    {
        var (batch, first, second) = (new PipelineBatch(), Of(Session, Many(1)), Of(Session, Many(1)));

        Assert.True(batch.TryAdd(first) && batch.TryAdd(second));

        Assert.Equal([.. first.Operations!, .. second.Operations!], batch.Operations);
        Assert.Single(first.Operations!);
    }

    private static PipelineBatch Of(SessionId session, params RecordedOperation[] operations) =>
        new(session, [.. operations]);

    private static RecordedOperation[] Many(int count) =>
        [.. Enumerable.Range(0, count).Select(static _ => Sized(96))];

    /// <summary>An operation that counts for a number of bytes.</summary>
    private static RecordedOperation Sized(int bytes)
    {
        var rest = bytes - 96 - Payload.Create([]).Length;
        var operation = new CancelOperation
        {
            Id = ExecutionId.Create(1, 1, 0),
            Failure = bytes == 96 ? default : Payload.Create(new byte[rest]),
        };
        Assert.Equal(bytes, operation.Size);
        return new RecordedOperation(operation);
    }
}
