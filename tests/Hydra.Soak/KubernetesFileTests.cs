using Hydra.Soak.Deploying;

namespace Hydra.Soak;

/// <summary>The files for Kubernetes: only fields that there are, each where it belongs, and names that meet.</summary>
/// <remarks>
/// A misspelt field is dropped by the server without a word. The fields below are those of the API of version 1.34, as
/// far as the files use them.
/// </remarks>
public class KubernetesFileTests
{
    private static readonly Dictionary<string, string[]> Fields = new()
    {
        ["Deployment"] = ["apiVersion", "kind", "metadata", "spec"],
        ["Job"] = ["apiVersion", "kind", "metadata", "spec"],
        ["Service"] = ["apiVersion", "kind", "metadata", "spec"],
        ["PodDisruptionBudget"] = ["apiVersion", "kind", "metadata", "spec"],
        ["HorizontalPodAutoscaler"] = ["apiVersion", "kind", "metadata", "spec"],
        ["Secret"] = ["apiVersion", "kind", "metadata", "type", "stringData"],
        ["Kustomization"] = ["apiVersion", "kind", "resources"],
        ["metadata"] = ["name", "labels", "annotations"],
        ["Deployment.spec"] = ["replicas", "strategy", "selector", "template"],
        ["Job.spec"] = ["backoffLimit", "ttlSecondsAfterFinished", "template"],
        ["Service.spec"] = ["clusterIP", "selector", "ports"],
        ["PodDisruptionBudget.spec"] = ["minAvailable", "selector"],
        ["HorizontalPodAutoscaler.spec"] = ["scaleTargetRef", "minReplicas", "maxReplicas", "metrics"],
        ["template"] = ["metadata", "spec"],
        ["template.spec"] =
        [
            "terminationGracePeriodSeconds", "automountServiceAccountToken", "securityContext", "containers", "volumes",
            "restartPolicy",
        ],
        ["template.spec.securityContext"] = ["runAsNonRoot", "runAsUser", "fsGroup", "seccompProfile"],
        ["containers"] =
        [
            "name", "image", "command", "env", "ports", "startupProbe", "livenessProbe", "readinessProbe", "resources",
            "securityContext", "volumeMounts",
        ],
        ["containers.securityContext"] = ["allowPrivilegeEscalation", "readOnlyRootFilesystem", "capabilities"],
        ["Probe"] = ["httpGet", "periodSeconds", "timeoutSeconds", "failureThreshold"],
        ["httpGet"] = ["path", "port"],
        ["env"] = ["name", "value", "valueFrom"],
    };

    private static readonly Dictionary<string, string> Versions = new()
    {
        ["Deployment"] = "apps/v1",
        ["HorizontalPodAutoscaler"] = "autoscaling/v2",
        ["Job"] = "batch/v1",
        ["Kustomization"] = "kustomize.config.k8s.io/v1beta1",
        ["PodDisruptionBudget"] = "policy/v1",
        ["Secret"] = "v1",
        ["Service"] = "v1",
    };

    public static TheoryData<string> Files =>
    [
        .. Directory.GetFiles(Path.Combine(Yaml.Root, "deploy", "kubernetes"))
            .Select(static path => Path.GetFileName(path)),
    ];

    private static object Worker => Yaml.Read("kubernetes/worker.yaml");

    [Theory]
    [MemberData(nameof(Files))]
    public void It_has_only_fields_that_there_are(string file)
    {
        var document = Yaml.Read($"kubernetes/{file}");
        var kind = document.TextAt("kind");

        Assert.Equal(Versions[kind], document.TextAt("apiVersion"));
        Check(kind, document);
        CheckBelow(document, "metadata", "metadata");
        CheckBelow(document, "spec", $"{kind}.spec");
        if (kind is "Deployment" or "Job")
        {
            CheckPod(document.At("spec", "template"));
        }
    }

    [Fact]
    public void A_misspelt_field_is_found()
    {
        var pod = Worker.At("spec", "template");
        pod.At("spec", "containers", 0).Names()["livenesProbe"] = "";

        Assert.ThrowsAny<Xunit.Sdk.XunitException>(() => CheckPod(pod));
    }

    [Fact]
    public void Names_meet()
    {
        var label = Worker.TextAt("spec", "template", "metadata", "labels", "app");
        var container = Worker.At("spec", "template", "spec", "containers", 0);
        var ports = container.ListAt("ports").Select(static port => port.TextAt("name"));

        Assert.Equal(label, Worker.TextAt("spec", "selector", "matchLabels", "app"));
        Assert.Equal(label, Yaml.Read("kubernetes/service.yaml").TextAt("spec", "selector", "app"));
        Assert.Equal(label, Yaml.Read("kubernetes/pdb.yaml").TextAt("spec", "selector", "matchLabels", "app"));
        Assert.Equal(
            Worker.TextAt("metadata", "name"),
            Yaml.Read("kubernetes/hpa.yaml").TextAt("spec", "scaleTargetRef", "name"));
        Assert.All(
            (string[])["startupProbe", "livenessProbe", "readinessProbe"],
            probe => Assert.Contains(container.TextAt(probe, "httpGet", "port"), ports));
        Assert.Contains(Yaml.Read("kubernetes/service.yaml").TextAt("spec", "ports", 0, "targetPort"), ports);
        Assert.All(Yaml.Read("kubernetes/kustomization.yaml").TextsAt("resources"), static file =>
            Assert.True(File.Exists(Path.Combine(Yaml.Root, "deploy", "kubernetes", file))));
        Assert.Equal(
            container.TextAt("image"),
            Yaml.Read("kubernetes/migrate.yaml").TextAt("spec", "template", "spec", "containers", 0, "image"));
    }

    /// <summary>Else a worker that hands its work back would be killed on the way.</summary>
    [Fact]
    public void The_grace_period_is_longer_than_a_worker_takes_to_end()
    {
        var host = TimeSpan.FromSeconds(30); // HostOptions.ShutdownTimeout, by default.
        var engine = new WorkerOptions().ShutdownGrace + TimeSpan.FromSeconds(2);
        var longest = Math.Max(host.TotalSeconds, engine.TotalSeconds);
        var pod = Worker.TextAt("spec", "template", "spec", "terminationGracePeriodSeconds");
        var services = Yaml.Read("docker-compose.yml").At("services");

        Assert.InRange(Number(pod), longest + 5, 120);
        Assert.All((string[])["worker-1", "worker-2"], worker =>
            Assert.InRange(Number(services.TextAt(worker, "stop_grace_period").TrimEnd('s')), longest + 5, 120));
    }

    private static double Number(string text) =>
        double.Parse(text, System.Globalization.CultureInfo.InvariantCulture);

    private static void CheckPod(object template)
    {
        Check("template", template);
        var pod = template.At("spec");
        Check("template.spec", pod);
        CheckBelow(pod, "securityContext", "template.spec.securityContext");
        var volumes = pod.ListAt("volumes").Select(static volume => volume.TextAt("name")).ToList();
        foreach (var container in pod.ListAt("containers"))
        {
            Check("containers", container);
            CheckBelow(container, "securityContext", "containers.securityContext");
            Assert.All(container.ListAt("env"), static variable => Check("env", variable));
            Assert.All(container.ListAt("volumeMounts"), mount => Assert.Contains(mount.TextAt("name"), volumes));
            var probes = container.Names().Where(static one => one.Key.EndsWith("Probe", StringComparison.Ordinal));
            foreach (var (_, probe) in probes)
            {
                Check("Probe", probe);
                CheckBelow(probe, "httpGet", "httpGet");
            }
        }
    }

    private static void CheckBelow(object node, string name, string fields)
    {
        if (node.Names().TryGetValue(name, out var below))
        {
            Check(fields, below);
        }
    }

    private static void Check(string fields, object node) =>
        Assert.All(node.Names().Keys, name => Assert.Contains(name, Fields[fields]));
}
