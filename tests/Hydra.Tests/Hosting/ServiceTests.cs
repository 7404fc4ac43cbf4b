using Hydra.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Hydra.Tests.Hosting;

/// <summary>Workflow classes and the services that they are given.</summary>
public class ServiceTests
{
    [Fact]
    public async Task A_workflow_class_gets_its_services_from_a_scope_of_its_activation()
    {
        await using var world = new World();
        await using var services = Services();
        var client = await world.OpenAsync(hydra =>
        {
            hydra.Services = services;
            hydra.AddWorkflow<Greeting>();
        });

        var handle = await client.Workflow<Greeting>().StartAsync("Ada");
        var result = await world.Until(handle.ResultAsync());
        await world.RestAsync();

        var ledger = services.GetRequiredService<Ledger>();
        Assert.Equal("Hello Ada", result);
        Assert.Equal((2, 2, 0), (ledger.Created, ledger.Disposed, ledger.UsedAfterwards)); // It slept once.
    }

    [Fact]
    public async Task A_scope_outlives_its_activation_until_the_last_body_has_ended()
    {
        await using var world = new World();
        await using var services = Services();
        var end = new TaskCompletionSource();
        var client = await world.OpenAsync(hydra =>
        {
            hydra.Services = services;
            hydra.AddWorkflow(provider => new Leaver(provider.GetRequiredService<Scoped>(), end.Task));
        });
        var ledger = services.GetRequiredService<Ledger>();

        var handle = await client.Workflow<Leaver>().StartAsync(0);
        await world.Until(handle.ResultAsync());
        await world.RestAsync();
        var whileRunning = ledger.Disposed;
        end.SetResult();
        await world.RestAsync();

        Assert.Equal((0, 1, 0), (whileRunning, ledger.Disposed, ledger.UsedAfterwards));
    }

    [Fact]
    public async Task Every_execution_has_a_scope_of_its_own()
    {
        await using var world = new World();
        await using var services = Services();
        var client = await world.OpenAsync(hydra =>
        {
            hydra.Services = services;
            hydra.AddWorkflow<Greeting>();
        });

        var handles = await Task.WhenAll(
            Enumerable.Range(0, 10).Select(i => client.Workflow<Greeting>().StartAsync($"{i}")));
        await world.Until(Task.WhenAll(handles.Select(handle => handle.ResultAsync())));
        await world.RestAsync();

        var ledger = services.GetRequiredService<Ledger>();
        Assert.Equal((20, 20), (ledger.Created, ledger.Disposed));
    }

    [Fact]
    public async Task A_service_that_is_not_registered_keeps_a_worker_from_opening()
    {
        await using var world = new World();
        await using var services = new ServiceCollection().BuildServiceProvider();

        var thrown = await Assert.ThrowsAsync<InvalidOperationException>(() => world.OpenAsync(hydra =>
        {
            hydra.Services = services;
            hydra.AddWorkflow<Greeting>();
        }));

        Assert.Contains("The workflow 'greeting' needs the service Scoped ('scoped' of the constructor of Greeting)",
            thrown.Message, StringComparison.Ordinal);
        Assert.Contains("Register it with the services of the host", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_class_that_needs_services_is_told_at_once_that_there_are_none()
    {
        await using var world = new World();

        var thrown = await Assert.ThrowsAsync<InvalidOperationException>(
            () => world.OpenAsync(hydra => hydra.AddWorkflow<Greeting>()));

        Assert.Contains("'greeting' needs the service Scoped", thrown.Message, StringComparison.Ordinal);
        Assert.Contains("Set HydraBuilder.Services, use AddHydra in a host", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_host_does_not_start_without_a_keyed_service_that_a_workflow_needs()
    {
        var builder = Host.CreateEmptyApplicationBuilder(new());
        builder.Services.AddKeyedSingleton<Ledger>("another").AddHydra(
            hydra => hydra.UseInMemory().AddWorkflow<Keyed>().AddWorker());
        using var host = builder.Build();

        var thrown = await Assert.ThrowsAsync<InvalidOperationException>(() => host.StartAsync());

        Assert.Contains("'keyed' needs the service Ledger", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_constructor_can_do_without_and_what_only_starts_executions_needs_no_services()
    {
        await using var world = new World();
        await world.OpenAsync(hydra => hydra.AddWorkflow<Modest>());

        var client = await world.OpenAsync(hydra => hydra.AddWorkflow<Greeting>(), worker: null);

        Assert.NotNull(client);
    }

    [Fact]
    public async Task Services_that_give_no_scope_fail_the_attempt_like_the_workflow_s_own_code()
    {
        await using var world = new World();
        var handle = await world.StartAsync(
            (WorkflowContext _, int number) => Task.FromResult(number),
            7,
            new() { MaxAttempts = 2 },
            configure: hydra => hydra.Services = new NoScopes());

        var details = await world.EndOf(handle);

        Assert.Equal((ExecutionState.Failed, 2), (details.Row.State, details.Row.Attempt));
        Assert.Equal("No scope.", details.End().Message);
    }

    [Fact]
    public async Task A_service_that_fails_to_be_disposed_of_is_logged_and_harms_nobody()
    {
        await using var world = new World();
        await using var services = new ServiceCollection().AddScoped<Undisposable>().BuildServiceProvider();
        var client = await world.OpenAsync(hydra =>
        {
            hydra.Services = services;
            hydra.AddWorkflow("test", (WorkflowContext context, int number) => context.ScopedStepAsync(
                "use",
                number,
                (provider, input, _) => Task.FromResult(
                    provider.GetRequiredService<Undisposable>() is null ? 0 : input),
                new() { Retry = RetryPolicy.None }));
            hydra.AddWorkflow(provider => new Plain(provider.GetRequiredService<Undisposable>()));
        });

        var plain = await client.Workflow<Plain>().StartAsync(5);
        var scoped = await client.Workflow<int, int>("test").StartAsync(5, new() { MaxAttempts = 1 });

        Assert.Equal(5, await world.Until(plain.ResultAsync()));
        Assert.Contains("no disposal", (await world.EndOf(scoped)).End().Message, StringComparison.Ordinal);
        await world.RestAsync();
        Assert.Contains("Disposing of the services of a workflow", world.Log.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_class_may_have_no_output_and_another_name()
    {
        await using var world = new World();
        var client = await world.OpenAsync(hydra => hydra.AddWorkflow<Silent>("quiet-one"));

        var handle = await client.Workflow<Silent>().StartAsync(5);
        await world.Until(handle.ResultAsync());
        var details = await world.EndOf(handle);

        Assert.Equal(("quiet-one", ExecutionState.Completed), (details.Row.Workflow, details.Row.State));
        Assert.True((await handle.OutputAsync()).IsNone);
    }

    private static ServiceProvider Services() =>
        new ServiceCollection().AddSingleton<Ledger>().AddScoped<Scoped>().BuildServiceProvider();

    public sealed class Ledger
    {
        private int _created;
        private int _disposed;
        private int _usedAfterwards;

        public int Created => _created;

        public int Disposed => _disposed;

        public int UsedAfterwards => _usedAfterwards;

        public void Create() => Interlocked.Increment(ref _created);

        public void Dispose() => Interlocked.Increment(ref _disposed);

        public void UseAfterwards() => Interlocked.Increment(ref _usedAfterwards);
    }

    public sealed class Scoped : IAsyncDisposable
    {
        private readonly Ledger _ledger;
        private volatile bool _disposed;

        public Scoped(Ledger ledger)
        {
            _ledger = ledger;
            ledger.Create();
        }

        public string Greet(string name)
        {
            if (_disposed)
            {
                _ledger.UseAfterwards();
            }

            return $"Hello {name}";
        }

        public ValueTask DisposeAsync()
        {
            _disposed = true;
            _ledger.Dispose();
            return ValueTask.CompletedTask;
        }
    }

    public sealed class Greeting(Scoped scoped) : IWorkflow<string, string>
    {
        public async Task<string> RunAsync(WorkflowContext context, string name)
        {
            await context.SleepAsync(TimeSpan.FromMinutes(1));
            return await context.StepAsync("greet", name, (input, _) => Task.FromResult(scoped.Greet(input)));
        }
    }

    public sealed class Keyed([FromKeyedServices("one")] Ledger ledger) : IWorkflow<int, int>
    {
        public Task<int> RunAsync(WorkflowContext context, int input) => Task.FromResult(ledger.Created);
    }

    public sealed class Modest(Scoped? scoped = null) : IWorkflow<int, int>
    {
        public Task<int> RunAsync(WorkflowContext context, int input) => Task.FromResult(scoped is null ? 0 : 1);
    }

    public sealed class Leaver(Scoped scoped, Task end) : IWorkflow<int, int>
    {
        public async Task<int> RunAsync(WorkflowContext context, int input)
        {
            var slow = context.StepAsync("slow", async _ =>
            {
                await end;
                return scoped.Greet("late");
            });
            var quick = context.StepAsync("quick", _ => Task.FromResult(7));
            await Task.WhenAny(slow, quick);
            return 7;
        }
    }

    public sealed class Undisposable : IDisposable
    {
        public void Dispose() => throw new InvalidOperationException("no disposal");
    }

    public sealed class Plain(Undisposable service) : IWorkflow<int, int>
    {
        public Task<int> RunAsync(WorkflowContext context, int input) => Task.FromResult(service is null ? 0 : input);
    }

    public sealed class Silent : IWorkflow<int>
    {
        public Task RunAsync(WorkflowContext context, int input) => context.SleepAsync(TimeSpan.FromSeconds(input));
    }

    private sealed class NoScopes : IServiceProvider, IServiceScopeFactory
    {
        public object? GetService(Type serviceType) => serviceType == typeof(IServiceScopeFactory) ? this : null;

        public IServiceScope CreateScope() => throw new InvalidOperationException("No scope.");
    }
}
