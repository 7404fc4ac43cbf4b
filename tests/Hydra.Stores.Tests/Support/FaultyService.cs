using Hydra.Tests.Support;

namespace Hydra.Stores.Tests;

/// <summary>An engine whose store fails by a script, and which is started again when its process has died.</summary>
internal sealed class FaultyService(
    World world, StoreHarness harness, FaultScript script, Func<WorkflowContext, int, Task<int>> code)
{
    private const int MostRounds = 5; // For one fault, or two.

    private readonly string _namespace = Guid.NewGuid().ToString("N");
    private IHydraClient? _client;
    private Task _crashed = null!;

    /// <summary>Starts the workflow, again under the same key when the caller was told of a fault.</summary>
    public Task<ExecutionHandle<int>> StartAsync(string key) => CallAsync(
        client => client.Workflow<int, int>("test").StartAsync(
            1, new() { Key = key }, TestContext.Current.CancellationToken));

    public Task<ExecutionDetails> EndOfAsync(ExecutionHandle handle) => CallAsync(async client =>
    {
        var followed = client.Execution(handle.Id);
        await followed.WaitAsync(TestContext.Current.CancellationToken);
        return await followed.DescribeAsync(TestContext.Current.CancellationToken);
    });

    /// <summary>How many executions there are.</summary>
    public Task<int> CountAsync() => CallAsync(static async client =>
        (await client.ListAsync(cancellationToken: TestContext.Current.CancellationToken)).Count);

    /// <summary>Work of a caller with a database of its own, while which nothing is at rest.</summary>
    public Task<T> WorkAsync<T>(Func<IHydraClient, Task<T>> work) => CallAsync(
        client => world.Counted(async () =>
        {
            var result = work(client);
            await Task.WhenAny(result, _crashed); // Behind a crash nobody waits for it.
            return result;
        }).Unwrap());

    /// <summary>Makes a call, and makes it again when its process has died or its caller was told of a fault.</summary>
    private async Task<T> CallAsync<T>(Func<IHydraClient, Task<T>> call)
    {
        for (var round = 0; round < MostRounds; round++)
        {
            try
            {
                var made = await OpensAsync() ? call(_client!) : null;
                if (made is not null && await EndsAsync(made))
                {
                    return await made;
                }
            }
            catch (Exception e) when (e.Message.StartsWith("Injected", StringComparison.Ordinal))
            {
                // The caller was told, and tries again.
            }
        }

        throw new InvalidOperationException($"{script}: it does not come to an end.");
    }

    /// <returns>False when the process has died.</returns>
    private async Task<bool> EndsAsync(Task call)
    {
        await world.Until(Task.WhenAny(call, _crashed));
        if (!_crashed.IsCompleted)
        {
            await call;
            return true;
        }

        await world.CrashAsync();
        _client = null;
        return false;
    }

    /// <returns>Whether the engine is open; false when its process has died.</returns>
    private async Task<bool> OpensAsync()
    {
        if (_client is not null)
        {
            return true;
        }

        var store = new FaultyStore(
            world.Counted(await harness.OpenAsync(
                _namespace, migrate: false, TestContext.Current.CancellationToken)),
            script.Decide);
        _crashed = store.Crashed;
        var opened = world.OpenAsync(hydra =>
        {
            hydra.Namespace = _namespace;
            hydra.AddWorkflow("test", code);
            hydra.UseStore(_ => store);
        });
        if (!await EndsAsync(opened))
        {
            return false;
        }

        _client = await opened;
        return true;
    }
}
