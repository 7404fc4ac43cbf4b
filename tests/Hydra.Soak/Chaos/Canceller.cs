using Hydra.Soak.Histories;
using Hydra.Soak.Support;
using Hydra.Storage;

namespace Hydra.Soak.Chaos;

/// <summary>A client that asks executions to stop, and notes what it heard.</summary>
/// <remarks>
/// Some it asks at once, some in the middle of their work, some when they have ended. At times it is impatient.
/// </remarks>
internal sealed class Canceller(IHydraClient client, Random random)
{
    private readonly List<CancelRecord> _records = [];

    public IReadOnlyList<CancelRecord> Records
    {
        get
        {
            lock (_records)
            {
                return [.. _records];
            }
        }
    }

    /// <summary>Waits a while, then asks; where it does not hear an answer, it may ask once more.</summary>
    public async Task CancelAsync(string id, CancellationToken cancellationToken)
    {
        int wait;
        int patience;
        bool insists;
        lock (random)
        {
            patience = random.Next(5) == 0 ? random.Next(1, 30) : Timeout.Infinite;
            wait = random.Next(1, random.Next(4) == 0 ? 20 : 5_000);
            insists = random.Next(2) == 0;
        }

        using var work = new PeriodicTimer(TimeSpan.FromMilliseconds(wait));
        await work.WaitForNextTickAsync(cancellationToken);
        var handle = client.Execution(ExecutionId.Parse(id, null));
        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        giveUp.CancelAfter(patience);
        var answer = await AskAsync(handle, giveUp.Token);
        if (insists && answer is (CancelAnswer.NotSent or CancelAnswer.Unknown))
        {
            await AskAsync(handle, cancellationToken);
        }
    }

    private async Task<CancelAnswer> AskAsync(ExecutionHandle handle, CancellationToken cancellationToken)
    {
        var answer = CancelAnswer.Unknown;
        try
        {
            answer = await handle.CancelAsync(cancellationToken) switch
            {
                CancelOutcome.Cancelled => CancelAnswer.Ended,
                CancelOutcome.AlreadyEnded => CancelAnswer.AlreadyEnded,
                _ => CancelAnswer.Requested,
            };
        }
        catch (StoreException e)
        {
            answer = e.Kind == StoreErrorKind.NotSent ? CancelAnswer.NotSent : CancelAnswer.Unknown;
        }
        catch (OperationCanceledException)
        {
            // It gave up before it heard.
        }

        var answered = (DateTime.UtcNow - DateTime.UnixEpoch).Ticks / 10;
        var record = new CancelRecord(handle.Id.ToString(), answer, answered, await EpochAsync(handle));
        lock (_records)
        {
            _records.Add(record);
        }

        return answer;
    }

    private static async Task<long> EpochAsync(ExecutionHandle handle)
    {
        try
        {
            var row = await Patiently.ReadAsync(() => handle.StatusAsync(TestContext.Current.CancellationToken));
            return row.Epoch;
        }
        catch (StoreException)
        {
            return long.MaxValue;
        }
    }
}
