using Hydra.Engine;
using Hydra.Simulation.Bugs;

namespace Hydra.Simulation.Worlds;

/// <summary>The engine's seam to the machine, where the machine is a simulated process.</summary>
internal sealed class SimulatedRuntime(SimulatedProcess process, PlantedBug bug) : EngineRuntime(process.Time)
{
    public override PlantedFault Planted { get; } = bug switch
    {
        PlantedBug.NoBarrier => PlantedFault.NoBarrier,
        PlantedBug.DoubtForFailure => PlantedFault.DoubtForFailure,
        PlantedBug.TryNotDurable => PlantedFault.TryNotDurable,
        PlantedBug.BeginNotDurable => PlantedFault.BeginNotDurable,
        PlantedBug.BlockedStalls => PlantedFault.BlockedStalls,
        _ => PlantedFault.None,
    };

    public override bool MayGoOn => process.World.Chance.OneIn(2);

    public override bool OthersWait => process.World.Chance.OneIn(2);

    public override void Post(IThreadPoolWorkItem item) => process.Post(item);

    public override Task Run(Func<Task> loop)
    {
        var ended = new TaskCompletionSource();
        process.Post(_ => _ = FollowAsync(loop, ended), null);
        return ended.Task;
    }

    public override Task Beat<T>(
        Func<Task<T>> beat, Func<T?, Exception?, TimeSpan?> handle, CancellationToken stopping) where T : class =>
        Run(() => BeatAsync(beat, handle, stopping));

    public override ulong NextRandom() => process.World.Chance.Next();

    public override T Enter<T>(Func<T> call) => process.Enter(call);

    private async Task FollowAsync(Func<Task> loop, TaskCompletionSource ended)
    {
        try
        {
            await loop();
            ended.SetResult();
        }
        catch (Exception e) // A loop of the engine survives everything; one that ends so would never run again.
        {
            process.World.Fail($"A loop of {process.Name} died: {e}");
            ended.SetException(e);
        }
    }

    private async Task BeatAsync<T>(
        Func<Task<T>> beat, Func<T?, Exception?, TimeSpan?> handle, CancellationToken stopping) where T : class
    {
        while (true)
        {
            T? answer = null;
            Exception? error = null;
            try
            {
                answer = await beat();
            }
            catch (Exception e)
            {
                error = e;
            }

            if (handle(answer, error) is not { } wait)
            {
                return;
            }

            try
            {
                await Task.Delay(wait, process.Time, stopping);
            }
            catch (OperationCanceledException)
            {
                // The next round decides.
            }
        }
    }
}
