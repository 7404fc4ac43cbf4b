using System.Globalization;
using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using Hydra.Soak.Deploying;
using Hydra.Soak.Servers;
using Hydra.Soak.Support;

namespace Hydra.Soak;

/// <summary>
/// What deploy/ says is run here: the migration and two workers, with the commands and variables that stand there.
/// </summary>
public partial class DeploymentTests : SceneTest
{
    private const string Password = "s3cret";

    [Fact]
    public async Task What_the_compose_file_says_runs()
    {
        var services = Yaml.Read("docker-compose.yml").At("services");

        Assert.Equal(Password, services.TextAt("postgres", "environment", "POSTGRES_PASSWORD").Replace(
            "${POSTGRES_PASSWORD:?choose one}", Password, StringComparison.Ordinal));
        await RunAsync(
            OfService(services.At("migrate")),
            [OfService(services.At("worker-1")), OfService(services.At("worker-2"))],
            services.TextAt("postgres", "environment", "POSTGRES_USER"),
            services.TextAt("postgres", "environment", "POSTGRES_DB"));
    }

    [Fact]
    public async Task What_the_Kubernetes_files_say_runs()
    {
        var database = new Uri(Yaml.Read("kubernetes/secret.yaml").TextAt("stringData", "database-url"));
        var worker = Yaml.Read("kubernetes/worker.yaml");

        await RunAsync(
            OfPod(Yaml.Read("kubernetes/migrate.yaml"), "hydra-migrate-x"),
            [OfPod(worker, "hydra-worker-a"), OfPod(worker, "hydra-worker-b")],
            database.UserInfo.Split(':')[0],
            database.AbsolutePath[1..]);
    }

    [GeneratedRegex(@"\$\{POSTGRES_PASSWORD:\?[^}]*\}")]
    private static partial Regex PasswordVariable();

    /// <summary>A service of the compose file. Its entrypoint, or else that of the image.</summary>
    private static Container OfService(object service)
    {
        var names = service.Names();
        var environment = service.At("environment").Names().ToDictionary(
            static pair => pair.Key, static pair => PasswordVariable().Replace((string)pair.Value, Password));
        var probe = names.ContainsKey("healthcheck") ? service.TextsAt("healthcheck", "test") : [];
        return new Container(
            names.ContainsKey("entrypoint") ? service.TextsAt("entrypoint") : DockerfileTests.Entrypoint(),
            environment,
            Seconds(names.TryGetValue("stop_grace_period", out var grace) ? (string)grace : "10s"))
        {
            ProbeCommand = probe is ["CMD", ..] ? [.. probe.Skip(1)] : null,
            Probes = ["/health", "/ready", "/metrics"], // What deploy/docker-compose.yml publishes its ports for.
        };
    }

    /// <summary>A pod of a deployment or a job.</summary>
    private static Container OfPod(object workload, string name)
    {
        var pod = workload.At("spec", "template", "spec");
        var container = Assert.Single(pod.ListAt("containers"));
        string[] probes = ["startupProbe", "livenessProbe", "readinessProbe"];
        return new Container(
            container.Names().ContainsKey("command") ? container.TextsAt("command") : DockerfileTests.Entrypoint(),
            container.ListAt("env").ToDictionary(static one => one.TextAt("name"), one => Value(one, name)),
            Seconds(pod.Names().TryGetValue("terminationGracePeriodSeconds", out var grace) ? $"{grace}s" : "30s"))
        {
            Probes =
            [
                .. probes.Where(container.Names().ContainsKey)
                    .Select(probe => container.TextAt(probe, "httpGet", "path")),
                Yaml.Read("kubernetes/service.yaml").TextAt("metadata", "annotations", "prometheus.io/path"),
            ],
        };
    }

    private static string Value(object variable, string pod)
    {
        if (variable.Names().TryGetValue("value", out var value))
        {
            return (string)value;
        }

        var source = variable.At("valueFrom");
        if (source.Names().ContainsKey("fieldRef"))
        {
            Assert.Equal("metadata.name", source.TextAt("fieldRef", "fieldPath"));
            return pod;
        }

        var secret = Yaml.Read("kubernetes/secret.yaml");
        Assert.Equal(secret.TextAt("metadata", "name"), source.TextAt("secretKeyRef", "name"));
        return secret.TextAt("stringData", source.TextAt("secretKeyRef", "key"));
    }

    private static TimeSpan Seconds(string text) =>
        TimeSpan.FromSeconds(int.Parse(text.TrimEnd('s'), CultureInfo.InvariantCulture));

    private async Task RunAsync(Container migration, IReadOnlyList<Container> workers, string user, string database)
    {
        await using var server = new PostgreSqlSoakServer();
        var machine = new Machine(Scene, server);
        var url = migration.Environment["DATABASE_URL"];
        Assert.All(workers, worker => Assert.Equal(url, worker.Environment["DATABASE_URL"]));
        Assert.Equal((user, database), (new Uri(url).UserInfo.Split(':')[0], new Uri(url).AbsolutePath[1..]));
        await machine.CreateDatabaseAsync(new Uri(url));

        // Before the migration a worker does not start, since it is told not to migrate.
        var early = machine.Start(workers[0], Machine.FreePort());
        Assert.Equal(1, await early.ExitAsync());
        Assert.Contains("There are no tables of Hydra", early.Error, StringComparison.Ordinal);
        var migrated = machine.Start(migration);
        Assert.True(await migrated.ExitAsync() == 0, migrated.Error);

        var ports = workers.Select(static _ => Machine.FreePort()).ToList();
        var processes = workers.Zip(ports, (worker, port) => machine.Start(worker, port)).ToList();
        foreach (var (worker, port) in workers.Zip(ports))
        {
            await AnswersAsync(worker, port);
        }

        if (workers[0].ProbeCommand is not null)
        {
            Assert.Equal(0, await machine.ProbeAsync(workers[0], ports[0]));
        }

        await EndGracefullyAsync(machine.Here(url), workers, processes);
        if (workers[0].ProbeCommand is not null)
        {
            Assert.Equal(1, await machine.ProbeAsync(workers[0], ports[0]));
        }
    }

    private static async Task AnswersAsync(Container worker, int port)
    {
        using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
        Assert.NotEmpty(worker.Probes);
        foreach (var path in worker.Probes)
        {
            await Eventually.HoldsAsync($"{path} answers", async () =>
            {
                try
                {
                    using var answer = await http.GetAsync(path, Cancellation);
                    return answer.StatusCode == HttpStatusCode.OK;
                }
                catch (HttpRequestException)
                {
                    return false; // It does not listen yet.
                }
            });
        }
    }

    /// <summary>Both are asked to end while steps run on them, and do so with the steps done.</summary>
    private async Task EndGracefullyAsync(
        string url, IReadOnlyList<Container> workers, IReadOnlyList<ProgramProcess> processes)
    {
        await using var hydra = await HydraEngine.OpenAsync(
            builder => builder.UseDatabase(url).Namespace = workers[0].Environment["NAMESPACE"], Cancellation);
        var live = await hydra.Client.WorkersAsync(Cancellation);
        Assert.Equal(
            workers.Select(static worker => worker.Environment["WORKER_ID"]).Order(),
            live.Select(static session => session.Worker).Order());
        var script = Payload.Create(Encoding.UTF8.GetBytes(
            $$"""{"commands":[{"op":"step","name":"a","millis":1500,"sideEffectFile":"{{Scene.EffectsFile}}"}]}"""));
        var execution = await hydra.Client.StartAsync("scripted", script, null, Cancellation);
        await Eventually.HoldsAsync("The step has begun", () => Scene.Effects().Count > 0);

        foreach (var process in processes)
        {
            process.Signal(UnixSignal.Terminate);
        }

        foreach (var (process, worker) in processes.Zip(workers))
        {
            Assert.Equal(0, await process.ExitAsync(worker.Grace.TotalSeconds));
        }

        Assert.Equal(2, Scene.Effects().Count); // It ran to its end, once.
        Assert.Equal(0, (await execution.StatusAsync(Cancellation)).Crashes);
        Assert.Empty(await hydra.Client.WorkersAsync(Cancellation));
    }
}
