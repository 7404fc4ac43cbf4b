using System.Text;
using Hydra.Soak.Histories;

namespace Hydra.Soak.Chaos;

/// <summary>A client that starts executions over a while, and notes what it asked for and what it heard.</summary>
/// <remarks>
/// At times it is impatient, starts twice, or wants other work under a key that is taken. One in ten it has stopped.
/// </remarks>
internal sealed class Starter(IHydraClient client, Random random, ScriptGenerator scripts, Canceller canceller)
{
    public const string Workflow = "scripted";

    private const int CancelEvery = 10;

    private readonly List<StartRecord> _records = [];
    private readonly List<string> _ids = [];
    private int _asked;

    /// <summary>The executions that must end as failed.</summary>
    public HashSet<string> MustFail { get; } = [];

    public IReadOnlyList<StartRecord> Records
    {
        get
        {
            lock (_records)
            {
                return [.. _records];
            }
        }
    }

    /// <summary>How many it has asked for, one per key.</summary>
    public int Asked => Volatile.Read(ref _asked);

    /// <summary>How many of them it knows to be there.</summary>
    public int Acknowledged
    {
        get
        {
            lock (_records)
            {
                return _ids.Count;
            }
        }
    }

    /// <summary>One of the executions so far, or null.</summary>
    public string? Any(Random chance)
    {
        lock (_records)
        {
            return _ids.Count == 0 ? null : _ids[chance.Next(_ids.Count)];
        }
    }

    public async Task StartAsync(int count, TimeSpan over, CancellationToken cancellationToken)
    {
        using var pace = new PeriodicTimer(over / count);
        var pending = new List<Task>();
        for (var i = 0; i < count && await pace.WaitForNextTickAsync(cancellationToken); i++)
        {
            pending.Add(StartOneAsync($"soak-{i}", i % CancelEvery == CancelEvery / 2, cancellationToken));
        }

        await Task.WhenAll(pending);
    }

    private async Task StartOneAsync(string key, bool cancels, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _asked);
        string input;
        bool fails, twice, other, impatient;
        int patience;
        lock (random)
        {
            input = scripts.Next(out fails);
            (twice, other, impatient) = (random.Next(10) == 0, random.Next(20) == 0, random.Next(4) == 0);
            patience = random.Next(1, 30);
        }

        if (impatient)
        {
            using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            giveUp.CancelAfter(TimeSpan.FromMilliseconds(patience));
            await TryAsync(key, input, giveUp.Token);
        }

        var second = twice ? TryAsync(key, input, cancellationToken) : Task.FromResult<string?>(null);
        string? id;
        do
        {
            id = await TryAsync(key, input, cancellationToken);
        }
        while (id is null && !cancellationToken.IsCancellationRequested);

        await second;
        if (other)
        {
            await TryAsync(key, """{"commands":[]}""", cancellationToken);
        }

        lock (_records)
        {
            _ids.Add(id!);
            if (fails)
            {
                MustFail.Add(id!);
            }
        }

        if (cancels)
        {
            await canceller.CancelAsync(id!, cancellationToken);
        }
    }

    private async Task<string?> TryAsync(string key, string input, CancellationToken cancellationToken)
    {
        var payload = Payload.Create(Encoding.UTF8.GetBytes(input));
        var record = new StartRecord(key, Workflow, input, StartOutcome.Unknown, null);
        try
        {
            var handle = await client.StartAsync(Workflow, payload, new() { Key = key }, cancellationToken);
            record = record with { Outcome = StartOutcome.Acknowledged, Id = handle.Id.ToString() };
        }
        catch (StartConflictException)
        {
            record = record with { Outcome = StartOutcome.Conflict };
        }
        catch (Exception e) when (e is OperationCanceledException or StoreException)
        {
            // Not heard of: it may have happened.
        }

        lock (_records)
        {
            _records.Add(record);
        }

        return record.Id;
    }
}
