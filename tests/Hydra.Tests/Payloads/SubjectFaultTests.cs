using Hydra.Testing;
using Hydra.Tests.Support;

namespace Hydra.Tests.Payloads;

/// <summary>A life with a subject, once for every call about its key and every way in which that can fail.</summary>
public class SubjectFaultTests
{
    private const string Canary = "canary-4711";

    private static readonly KeyRing Ring = new(EncryptionKey.Generate("k1"));

    public static TheoryData<StoreCallKind, string> Faults
    {
        get
        {
            var data = new TheoryData<StoreCallKind, string>();
            foreach (var kind in new[] { StoreCallKind.ReadSubjectKeys, StoreCallKind.WriteSubjectKeys })
            {
                StoreFault.For(kind).ToList().ForEach(fault => data.Add(kind, fault.ToString()));
            }

            return data;
        }
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task An_execution_with_a_subject_survives_a_fault_in_any_call_about_its_key(
        StoreCallKind kind, string name)
    {
        var fault = StoreFault.For(kind).Single(one => one.ToString() == name);

        var number = 0;
        for (var reached = true; reached && number < 40;)
        {
            reached = await PlayAsync(new StoreCall(kind, ++number), fault);
        }

        Assert.InRange(number, 3, 39); // At least two calls, which all failed once.
    }

    /// <summary>Starts, completes, reads and shreds where one call fails; false when there was no such call.</summary>
    private static async Task<bool> PlayAsync(StoreCall failing, StoreFault fault)
    {
        await using var world = new World();
        var reached = false;
        var client = await world.OpenAsync<string, string>(Sleeps, configure: hydra =>
        {
            hydra.Payloads.Encrypt(Ring);
            hydra.UseStore(setup => new FaultyStore(
                world.Counted(new InMemoryWorkflowStore(world.Database, setup.Namespace)),
                call => call == failing && !reached && (reached = true) ? fault : null));
        });

        var handle = await RepeatAsync(() => world.Until(client.Workflow<string, string>("test").StartAsync(
            Canary, new StartOptions { Subject = "ada" }, Token)));
        await world.PassAsync(TimeSpan.FromMinutes(2)); // Whatever was in memory is looked up again meanwhile.
        Assert.Equal(Canary, await RepeatAsync(() => world.Until(handle.ResultAsync(Token))));
        await RepeatAsync(() => world.Until(client.ShredAsync("ada", Token)));
        var refused = await Assert.ThrowsAsync<PayloadException>(
            () => RepeatAsync(() => world.Until(handle.ResultAsync(Token))));

        Assert.True(refused.IsShredded);
        await world.CloseAsync();
        return reached;
    }

    private static async Task<string> Sleeps(WorkflowContext context, string input)
    {
        await context.SleepAsync(TimeSpan.FromMinutes(1));
        return await context.StepAsync("echo", input, (value, _) => Task.FromResult(value));
    }

    /// <summary>Makes a call whose caller may be told of the fault, and then once more.</summary>
    private static async Task<T> RepeatAsync<T>(Func<Task<T>> call)
    {
        try
        {
            return await call();
        }
        catch (StoreException exception) when (exception.Message.StartsWith("Injected", StringComparison.Ordinal))
        {
            return await call();
        }
    }
}
