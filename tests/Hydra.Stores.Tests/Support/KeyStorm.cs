using System.Collections.Concurrent;
using Hydra.Storage;

namespace Hydra.Stores.Tests;

/// <summary>
/// Twelve programs, each with a store of its own, that start the same new keys at once, as programs do when they come
/// up together. One of the keys is there already, and is locked last.
/// </summary>
/// <param name="open">Opens a store.</param>
/// <param name="seed">Of which of the keys each starts, in every second round.</param>
internal sealed class KeyStorm(Func<IWorkflowStore> open, int seed)
{
    private const int Starters = 12;
    private const int Rounds = 16;
    private const int Keys = 9;

    private readonly ConcurrentDictionary<string, ExecutionId> _started = [];
    private int _undone;
    private int _number;

    /// <summary>
    /// Whether errors are planted and connections ended: batches may be in doubt then, or not have been sent.
    /// </summary>
    public bool IsPlanted { get; init; }

    /// <summary>How many batches failed, and were committed again.</summary>
    public int Undone => _undone;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Has the keys started, and judges that each has one execution.</summary>
    /// <returns>What happened, for people.</returns>
    public async Task<string> RunAsync()
    {
        var random = new Random(seed);
        var stores = Enumerable.Range(0, Starters).Select(_ => open()).ToList();
        foreach (var store in stores)
        {
            await StartAsync(store, ["first"]); // Which opens its connection.
        }

        for (var round = 0; round < Rounds; round++)
        {
            var keys = KeysOf(round);
            await StartAsync(stores[0], [keys[^1]]);
            var some = stores.ConvertAll(_ => round % 2 == 0 ? keys : keys.FindAll(_ => random.Next(2) == 0))
                .ConvertAll(keys => keys.OrderBy(_ => random.Next()).ToList());
            await Threads.RunAsync(
                stores.Zip(some, (store, keys) => (Func<Task>)(() => StartAsync(store, keys))));
        }

        foreach (var store in stores)
        {
            await store.DisposeAsync();
        }

        return $"Seed {seed}: {_started.Count} keys, {_undone} batches undone.";
    }

    /// <summary>In the order of their locks.</summary>
    private static List<string> KeysOf(int round) =>
    [
        .. Enumerable.Range(0, Keys).Select(number => $"{round}-{number}")
            .OrderBy(static key => ExecutionId.ShardOf("tests", key)).ThenBy(static key => key, StringComparer.Ordinal),
    ];

    private async Task StartAsync(IWorkflowStore store, List<string> keys)
    {
        if (keys.Count == 0)
        {
            return;
        }

        var batch = new CommitBatch(SessionId.None, [.. keys.Select(NewStart)]);
        var answers = await CommitAsync(store, batch);
        foreach (var (key, answer) in keys.Zip(answers))
        {
            Assert.Equal(_started.GetOrAdd(key, answer.Id), answer.Id);
        }
    }

    private StartOperation NewStart(string key) => Make.Start(
        ExecutionId.Create(
            1_800_000_000_000, (ulong)Interlocked.Increment(ref _number) << 20, ExecutionId.ShardOf("tests", key)),
        key);

    private async Task<IReadOnlyList<OperationAnswer>> CommitAsync(IWorkflowStore store, CommitBatch batch)
    {
        while (true)
        {
            try
            {
                return (await store.CommitAsync(batch, Token)).Answers;
            }
            catch (StoreException exception) when (exception.Kind == StoreErrorKind.RolledBack
                || (IsPlanted && exception.Kind is StoreErrorKind.InDoubt or StoreErrorKind.NotSent))
            {
                Interlocked.Increment(ref _undone);
            }
        }
    }
}
