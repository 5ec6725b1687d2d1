package org.safety4j.core.chat;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.lang.reflect.InvocationTargetException;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** LangChain4j is optional: without it everything but opening an endpoint works. */
class WithoutLangChainTest {
  private static URLClassLoader withoutLangChain() throws Exception {
    List<URL> urls = new ArrayList<>();
    for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
      if (!entry.contains("langchain4j")) {
        urls.add(new File(entry).toURI().toURL());
      }
    }
    return new URLClassLoader(urls.toArray(new URL[0]), ClassLoader.getPlatformClassLoader());
  }

  @Test
  void openingNamesTheArtifactAndEverythingElseWorks() throws Exception {
    try (URLClassLoader loader = withoutLangChain()) {
      Class<?> chat = loader.loadClass("org.safety4j.core.model.Chat");
      assertThat(chat.getClassLoader()).isSameAs(loader);
      Class<?> endpoint = loader.loadClass("org.safety4j.core.chat.Endpoint");
      URI address = URI.create("http://localhost:1/v1");
      Object options =
          endpoint
              .getMethod("openAiCompatible", URI.class, String.class)
              .invoke(null, address, "m");
      assertThat(options).hasToString(Endpoint.openAiCompatible(address, "m").toString());
      try {
        chat.getMethod("openAiCompatible", URI.class, String.class).invoke(null, address, "m");
        throw new AssertionError("opened without LangChain4j");
      } catch (InvocationTargetException e) {
        assertThat(e.getCause().getClass().getName())
            .isEqualTo("org.safety4j.core.error.NativeUnavailable");
        assertThat(e.getCause()).hasMessageContaining("dev.langchain4j:langchain4j-open-ai");
      }
    }
  }
}
