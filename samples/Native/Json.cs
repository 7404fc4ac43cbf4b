using System.Text.Json.Serialization;

namespace Native;

/// <summary>
/// What becomes JSON: inputs and outputs of workflows and steps. The generator writes the code for it when the program
/// is compiled; nothing looks for members when it runs.
/// </summary>
[JsonSourceGenerationOptions(System.Text.Json.JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(Order))]
[JsonSerializable(typeof(Invoice))]
[JsonSerializable(typeof(decimal))]
internal sealed partial class Json : JsonSerializerContext;
