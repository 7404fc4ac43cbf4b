using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Hydra.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Hydra.Tests.Bounds;

/// <summary>Suspending drops everything: code, services, tokens.</summary>
[Collection(nameof(HeapTests))]
[CollectionDefinition(nameof(HeapTests), DisableParallelization = true)]
public class HeapTests
{
    private const int Executions = 10_000;
    private const int Naps = 10;

    [Fact]
    public async Task The_heap_stays_flat_over_a_hundred_thousand_suspensions()
    {
        await using var world = new World { KeepsLog = false };
        await using var services = new ServiceCollection().AddScoped<Witness>().BuildServiceProvider();
        var client = await world.OpenAsync(
            hydra =>
            {
                hydra.Services = services;
                hydra.AddWorkflow<Napper>();
            },
            worker => worker with { Concurrency = 200 });

        var before = await HeapAsync(world);
        for (var i = 0; i < Executions; i++)
        {
            await client.Workflow<Napper>().StartAsync(Naps);
        }

        for (var i = 0; i < Naps / 2; i++)
        {
            await world.AdvanceAsync(TimeSpan.FromMinutes(1));
        }

        var asleep = await client.ListAsync(new() { State = ExecutionState.Sleeping, Limit = 1_000 });
        var alive = await AliveAsync(world);
        for (var i = 0; i < Naps / 2; i++)
        {
            await world.AdvanceAsync(TimeSpan.FromMinutes(1));
        }

        var after = await HeapAsync(world);
        var open = await client.ListAsync(new() { State = ExecutionState.Sleeping, Limit = 1_000 });

        Assert.Equal((1_000, 0), (asleep.Count, open.Count));
        Assert.InRange(Witness.Created, Executions * (Naps + 1), Executions * (Naps + 2));
        Assert.Equal(Witness.Created, Witness.Disposed);
        Assert.Equal(0, alive);
        Assert.Equal(0, await AliveAsync(world));
        var perEntry = (after - before) / (double)(Executions * (Naps + 2)); // The store itself is in this heap.
        Assert.InRange(perEntry, 0, 700);
    }

    private static async Task<long> HeapAsync(World world)
    {
        await world.RestAsync();
        return GC.GetTotalMemory(forceFullCollection: true);
    }

    private static async Task<int> AliveAsync(World world)
    {
        await world.RestAsync();
        Collect();
        return Witness.Alive;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Collect()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
    }

    /// <summary>Lives as long as the activation that it was made for.</summary>
    public sealed class Witness : IDisposable
    {
        private static readonly ConcurrentQueue<WeakReference> All = [];
        private static int _disposed;

        public Witness() => All.Enqueue(new WeakReference(this));

        public static int Created => All.Count;

        public static int Disposed => Volatile.Read(ref _disposed);

        public static int Alive => All.Count(reference => reference.IsAlive);

        public void Dispose() => Interlocked.Increment(ref _disposed);
    }

    public sealed class Napper(Witness witness) : IWorkflow<int, int>
    {
        public async Task<int> RunAsync(WorkflowContext context, int naps)
        {
            var token = context.CancellationToken; // Makes the source of tokens, which must not stay behind either.
            for (var i = 0; i < naps && !token.IsCancellationRequested; i++)
            {
                await context.SleepAsync(TimeSpan.FromMinutes(1));
            }

            GC.KeepAlive(witness);
            return naps;
        }
    }
}
